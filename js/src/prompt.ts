/** The prompt, three lines of it, and the line of facts: the variable first, since it is how to go on in code. */
import { h, linkUrl, setAttribute, setText } from "./dom";
import { actions } from "./texts";
import type { View } from "./view";

export function promptText(signal: AbortSignal): { el: HTMLElement; update(text: string): void } {
  const text = h("p", { class: "pvideo-prompt" });
  const button = h("button", { class: "pvideo-link", hidden: true, "aria-expanded": "false" }, actions.show_all);
  const el = h("div", { class: "pvideo-prompt-box" }, text, button);
  const measure = (): void => {
    const open = text.hasAttribute("data-open");
    button.hidden = !open && text.scrollHeight <= text.clientHeight + 1;
  };
  button.addEventListener(
    "click",
    () => {
      const open = text.toggleAttribute("data-open");
      setAttribute(button, "aria-expanded", String(open));
      setText(button, open ? actions.show_less : actions.show_all);
      measure();
    },
    { signal },
  );
  if (typeof ResizeObserver !== "undefined") {
    const observer = new ResizeObserver(measure);
    observer.observe(text);
    signal.addEventListener("abort", () => observer.disconnect(), { once: true });
  }
  return {
    el,
    update(prompt) {
      el.hidden = !prompt;
      if (text.textContent === prompt) return;
      text.textContent = prompt;
      measure();
    },
  };
}

export function factsLine(): { el: HTMLElement; update(view: View): void } {
  const line = h("p", { class: "pvideo-facts" });
  const notes = h("ul", { class: "pvideo-notes", hidden: true });
  const el = h("div", { class: "pvideo-about" }, line, notes);
  let shown = "";
  return {
    el,
    update(view) {
      const key = JSON.stringify([view.name, view.facts, view.log, view.notes]);
      if (key === shown) return;
      shown = key;
      const href = linkUrl(view.log?.href ?? "");
      const log = view.log && href ? h("a", { href, target: "_blank", rel: "noopener noreferrer", class: "pvideo-link" }, `log ${view.log.id.slice(0, 8)}…`) : "";
      const parts = [view.name ? h("b", {}, view.name) : "", ...view.facts, log].filter((part) => part !== "");
      line.replaceChildren(...parts.map((part) => h("span", { class: "pvideo-fact" }, part)));
      notes.hidden = view.notes.length === 0;
      notes.replaceChildren(...view.notes.map((note) => h("li", {}, note)));
    },
  };
}
