import { Component, Suspense } from "react";
import type { ReactNode } from "react";
import { Page } from "../design/page.tsx";
import { Button } from "../design/button.tsx";
import { useWords } from "../i18n/words.ts";
import { Statement } from "./parts/notice.tsx";

/** Wraps a lazily loaded page: a message while it loads, and another one when loading fails. */
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

/** Stays failed until the page is reloaded: React caches the rejected import of a lazy component. */
class LoadErrorBoundary extends Component<
  { readonly children: ReactNode },
  { readonly hasFailed: boolean }
> {
  override state = { hasFailed: false };

  static getDerivedStateFromError(): { readonly hasFailed: boolean } {
    return { hasFailed: true };
  }

  override render(): ReactNode {
    return this.state.hasFailed ? <LoadFailed /> : this.props.children;
  }
}
