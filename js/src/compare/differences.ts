/** What differs: the prompts word by word, and only those inputs that are not the same; struck and underlined words are also said. */
import { h } from "../dom";
import { compare } from "../texts";
import type { Comparison, Piece } from "./view";

function pieces(all: Piece[], said: string): HTMLElement {
  const parts = all.map(([kind, text]) => (kind === "same" ? text : h(kind === "removed" ? "del" : "ins", { class: `pvideo-${kind}` }, text)));
  const seen = h("span", { "aria-hidden": said ? "true" : null }, ...parts);
  const full = all.filter(([kind]) => kind !== "removed").map(([, text]) => text).join("");
  return h("span", {}, seen, said ? h("span", { class: "pvideo-aloud" }, `${full} (${said})`) : "");
}

/** "on → off" for two; a column for each for more. */
function row(name: string, cells: (Node | string)[]): HTMLElement {
  return h("tr", {}, h("th", { scope: "row" }, name), ...cells.map((one) => h("td", {}, one)));
}

export function differences(): { el: HTMLElement; update(view: Comparison): void } {
  const table = h("table", { class: "pvideo-differences" });
  const rest = h("p", { class: "pvideo-rest" });
  const el = h("div", { class: "pvideo-what", role: "group", "aria-label": compare.differs }, h("div", { class: "pvideo-scroll", tabindex: -1 }, table), rest);
  let shown = "";

  const forTwo = (view: Comparison): HTMLElement[] => [
    ...view.prompts.map((prompt) => row(compare.prompt, [pieces(prompt.pieces, prompt.said)])),
    ...view.inputs.map((input) => row(input.name, [input.values.join(" → ")])),
  ];
  const forMore = (view: Comparison): HTMLElement[] => {
    const first = view.items[0]?.prompt ?? "";
    const head = h("tr", {}, h("td", {}), ...view.items.map((item) => h("th", { scope: "col" }, `${item.letter} ${item.name}`.trim())));
    const differs = view.prompts.some((prompt) => prompt.said);
    const cells = [first, ...view.prompts.map((prompt) => pieces(prompt.pieces, prompt.said))];
    const prompts = differs ? row(compare.prompt, cells) : h("tr", {}, h("th", { scope: "row" }, compare.prompt), h("td", { colspan: view.items.length }, first));
    return [head, prompts, ...view.inputs.map((input) => row(input.name, input.values))];
  };
  return {
    el,
    update(view) {
      const key = JSON.stringify([view.prompts, view.inputs, view.items.map((item) => item.name)]);
      if (key === shown) return;
      shown = key;
      table.replaceChildren(h("tbody", {}, ...(view.items.length > 2 ? forMore(view) : forTwo(view))));
      const same = view.inputs.length === 0 && view.prompts.every((prompt) => !prompt.said);
      rest.textContent = same ? compare.all_same : compare.rest;
    },
  };
}
