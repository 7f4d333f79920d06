import { Component, Suspense } from "react";
import type { ReactNode } from "react";
import { Page } from "../design/page.tsx";
import { Button } from "../design/button.tsx";
import { useWords } from "../i18n/words.ts";
import { Statement } from "./parts/notice.tsx";

/** Pages that are fetched when they are first seen: a sentence meanwhile, and one where they do not come. */
export function LazyPage({ children }: { readonly children: ReactNode }) {
  return (
    <LoadErrorBoundary>
      <Suspense fallback={<Loading />}>{children}</Suspense>
    </LoadErrorBoundary>
  );
}

function Loading() {
  const { shell } = useWords();
  return (
    <Page testID="page-coming" title={shell.name}>
      <Statement>{shell.pageComing}</Statement>
    </Page>
  );
}

function LoadFailed() {
  const { shell } = useWords();
  return (
    <Page
      testID="page-lost"
      title={shell.name}
      footColor="button"
      foot={
        <Button
          icon="more"
          label={shell.openAgain}
          onPress={() => {
            globalThis.location.reload();
          }}
          testID="page-lost.again"
        />
      }
    >
      <Statement detail={shell.pageLostDetail}>{shell.pageLost}</Statement>
    </Page>
  );
}

/** A file that could not be fetched stays lost until the page is loaded again: React keeps what a lazy page came to. */
class LoadErrorBoundary extends Component<
  { readonly children: ReactNode },
  { readonly isLost: boolean }
> {
  override state = { isLost: false };

  static getDerivedStateFromError(): { readonly isLost: boolean } {
    return { isLost: true };
  }

  override render(): ReactNode {
    return this.state.isLost ? <LoadFailed /> : this.props.children;
  }
}
