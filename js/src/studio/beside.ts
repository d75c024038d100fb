/** The comparison, a widget of its own, in the place of the card. */
import { h } from "../dom";
import { loose, type Loose } from "../model";
import { labels } from "../texts";

export interface Beside {
  el: HTMLElement;
  isOpen(): boolean;
  /** Draws the widget that this reference names ("anywidget:…"). */
  show(reference: string): Promise<void>;
  close(): void;
}

async function widgetOf(host: Loose, reference: string): Promise<Loose> {
  const find = host?.["getWidget"];
  return typeof find === "function" ? loose(await find.call(host, reference)) : undefined;
}

export function besidePart(host: unknown, changed: () => void, signal: AbortSignal): Beside {
  const place = h("div", { class: "pvideo-beside-place" });
  const back = h("button", { class: "pvideo-link", data: { action: "back" } }, labels.back_to_video);
  const el = h("div", { class: "pvideo-beside", hidden: true }, back, place);
  let end: AbortController | null = null;
  const close = (): void => {
    if (!end) return;
    end.abort();
    end = null;
    place.replaceChildren();
    el.hidden = true;
    changed();
  };
  back.addEventListener("click", close, { signal });
  signal.addEventListener("abort", () => end?.abort(), { once: true });
  return {
    el,
    isOpen: () => end !== null,
    close,
    async show(reference) {
      end?.abort();
      const mine = (end = new AbortController());
      try {
        const child = await widgetOf(loose(host), reference);
        const render = child?.["render"];
        if (mine.signal.aborted || signal.aborted) return;
        if (typeof render !== "function") return close();
        const inner = h("div");
        place.replaceChildren(inner);
        el.hidden = false;
        changed();
        await render.call(child, { el: inner, signal: mine.signal });
      } catch {
        close();
      }
    },
  };
}
