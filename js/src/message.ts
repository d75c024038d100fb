/** A message: a title, one sentence with the value, one next step. Commands in it look like commands. */
import { h } from "./dom";
import type { Message } from "./view";

const COMMAND = /(%{1,2}(?:pvideo|load_ext)(?: (?!for|and|or|then|to)-{0,2}[a-z]+)*|pvideo\.\w+\([^)]*\)|\w+\.(?:run|retry)\(\)|pip install [^\s]+(?: "[^"]*"| -U \S+)?)/;

function withCommands(text: string): (Node | string)[] {
  return text.split(COMMAND).map((part, index) => (index % 2 ? h("code", {}, part) : part));
}

export function message(className = "pvideo-message"): { el: HTMLElement; update(message: Message | null): void } {
  const el = h("div", { class: className, hidden: true });
  let shown = "null";
  return {
    el,
    update(next) {
      const text = JSON.stringify(next);
      if (text === shown) return;
      shown = text;
      el.hidden = next === null;
      if (next === null) return el.replaceChildren();
      el.dataset["tone"] = next.tone;
      el.dataset["key"] = next.key;
      el.replaceChildren(
        h("strong", { class: "pvideo-message-title" }, next.title),
        h("p", {}, ...withCommands(next.sentence)),
        next.next ? h("p", { class: "pvideo-message-next" }, ...withCommands(next.next)) : "",
      );
    },
  };
}
