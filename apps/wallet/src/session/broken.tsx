import { Component } from "react";
import type { ReactNode } from "react";
import { Page } from "../design/page.tsx";
import { Slab } from "../design/slab.tsx";
import { useWords } from "../i18n/words.ts";
import { goHome } from "../navigation/address";
import { Statement } from "../screens/parts/notice.tsx";

type BrokenProps = { readonly children: ReactNode };

/**
 * Stands where a screen failed to be drawn: a sentence instead of an empty page, and a way back by the lock. The node
 * and its money are elsewhere and go on.
 */
export class Broken extends Component<BrokenProps, { readonly isBroken: boolean }> {
  override state = { isBroken: false };

  static getDerivedStateFromError(): { readonly isBroken: boolean } {
    return { isBroken: true };
  }

  override render(): ReactNode {
    return this.state.isBroken ? <BrokenPage onAgain={this.#again} /> : this.props.children;
  }

  #again = (): void => {
    // the page that failed would only fail again
    goHome();
    this.setState({ isBroken: false });
  };
}

/** The page itself, for whoever looks at all pages. */
export function BrokenPage({ onAgain }: { readonly onAgain: () => void }) {
  const { shell } = useWords();
  return (
    <Page
      testID="broken"
      title={shell.name}
      footColor="slab"
      foot={<Slab icon="more" label={shell.brokenAgain} onPress={onAgain} testID="broken.again" />}
    >
      <Statement detail={shell.brokenDetail}>{shell.broken}</Statement>
    </Page>
  );
}
