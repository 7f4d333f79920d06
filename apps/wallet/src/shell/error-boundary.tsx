import { Component } from "react";
import type { ReactNode } from "react";
import { Page } from "../design/page.tsx";
import { Button } from "../design/button.tsx";
import { useWords } from "../i18n/words.ts";
import { Statement } from "../screens/parts/notice.tsx";

type ErrorBoundaryProps = { readonly onAgain: () => void; readonly children: ReactNode };

/** Shows a message and a way back instead of a blank page when rendering throws. The wallet keeps running. */
export class ErrorBoundary extends Component<ErrorBoundaryProps, { readonly isBroken: boolean }> {
  override state = { isBroken: false };

  static getDerivedStateFromError(): { readonly isBroken: boolean } {
    return { isBroken: true };
  }

  override render(): ReactNode {
    if (!this.state.isBroken) return this.props.children;
    return (
      <PageBroken
        onAgain={() => {
          this.props.onAgain();
          this.setState({ isBroken: false });
        }}
      />
    );
  }
}

/** The error page, exported for the frames in `testing/`. */
export function PageBroken({ onAgain }: { readonly onAgain: () => void }) {
  const { shell } = useWords();
  return (
    <Page
      testID="page-broken"
      title={shell.name}
      footColor="button"
      foot={
        <Button icon="more" label={shell.openAgain} onPress={onAgain} testID="page-broken.again" />
      }
    >
      <Statement detail={shell.pageBrokenDetail}>{shell.pageBroken}</Statement>
    </Page>
  );
}
