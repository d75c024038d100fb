/** A comparison or a sweep's sheet, a widget of its own, in the place of the card. */
import { h, setText } from "../dom";
import { ask, loose } from "../model";
import { fill, kinds, labels } from "../texts";

export interface BesideTools {
  host: unknown;
  /** Told whether what went had the focus. */
  changed(hadFocus: boolean): void;
  left(): void;
  /** Brings back what left. */
  reopen(): void;
  signal: AbortSignal;
}

export interface Beside {
  el: HTMLElement;
  /** Leads from it to the card, and from the card to what left. */
  back: HTMLElement;
  /** Names both ways: what the card shows, if there is one, and what can come back ("" for nothing). */
  ways(kind: string | undefined, behind: string): void;
  isOpen(): boolean;
  /** Draws the widget that this reference names ("anywidget:…"); "" shows the card again. */
  show(reference: string): Promise<void>;
  /** A person goes back to the card: every view does, and the saved notebook. */
  leave(): void;
}

export function besidePart({ host, changed, left, reopen, signal }: BesideTools): Beside {
  const el = h("div", { class: "pvideo-beside", hidden: true });
  const back = h("button", { class: "pvideo-link pvideo-back", data: { action: "back" }, hidden: true });
  let end: AbortController | null = null;
  const close = (): void => {
    if (!end) return;
    const had = el.contains(document.activeElement) || document.activeElement === back;
    end.abort();
    end = null;
    el.replaceChildren();
    el.hidden = true;
    changed(had);
  };
  const leave = (): void => {
    if (!end) return;
    left();
    close();
  };
  back.addEventListener("click", () => (end ? leave() : reopen()), { signal });
  signal.addEventListener("abort", () => end?.abort(), { once: true });
  return {
    el,
    back,
    ways(kind, behind) {
      const card = kind ? fill(labels.back, { kind: (kinds[kind as keyof typeof kinds] ?? kinds.file).toLowerCase() }) : labels.back_empty;
      const words = end ? card : behind;
      back.hidden = !words;
      setText(back, words);
    },
    isOpen: () => end !== null,
    leave,
    async show(reference) {
      if (!reference) return close();
      end?.abort();
      const mine = (end = new AbortController());
      try {
        const child = loose(await ask(host, "getWidget", reference));
        if (mine.signal.aborted || signal.aborted) return;
        if (!child?.["render"]) return close();
        const inner = h("div");
        el.replaceChildren(inner);
        el.hidden = false;
        changed(false);
        const asked = document.activeElement?.matches('[data-action="sweep"]');
        await ask(child, "render", { el: inner, signal: mine.signal });
        if (asked) inner.querySelector<HTMLElement>("select")?.focus();
      } catch {
        close();
      }
    },
  };
}
