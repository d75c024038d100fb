/** One row of the history: small picture, whole prompt, stars, what it is; its buttons are reached with the arrow keys. */
import { badge } from "../badge";
import { h, imageUrl, setAttribute, setText } from "../dom";
import { MOST, star, starWords } from "../rating";
import { actions, fill, history } from "../texts";
import type { View } from "../view";

/** Mirrors ROW_KEYS of src/pvideo/notebook/history.py; a contract test compares the keys. */
export interface Row {
  id: string;
  name: string;
  status: View["status"];
  done: boolean;
  phase: View["phase"];
  prompt: string;
  stars: number;
  note: string;
  made: string;
  facts: string;
  money: string;
  seed: string;
  missing: boolean;
  changed: boolean;
  file: string;
  running: string;
  thumb: string;
}

export interface RowTools {
  open(id: string, more: boolean): void;
  rate(id: string, stars: number): void;
  find(id: string, where?: string): void;
  forget(id: string): void;
  signal: AbortSignal;
}

export interface RowPart {
  el: HTMLElement;
  row(): Row;
  update(row: Row, words: string[]): void;
  select(on: boolean): void;
  /** Asks where a moved file lies. */
  ask(): void;
}

/** The text with its matches marked; any case, as the search has it. */
export function marked(text: string, words: string[]): Node[] {
  const found = words.filter(Boolean).map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  if (!found.length) return [document.createTextNode(text)];
  const parts = text.split(new RegExp(`(${found.join("|")})`, "gi"));
  return parts.filter(Boolean).map((part) => (new RegExp(`^(${found.join("|")})$`, "i").test(part) ? h("mark", { class: "pvideo-mark" }, part) : document.createTextNode(part)));
}

export function rowPart(first: Row, tools: RowTools): RowPart {
  const { signal } = tools;
  let row = first;
  const button = (name: string, label: string, act: () => void): HTMLButtonElement => {
    const el = h("button", { class: "pvideo-button pvideo-plain", tabindex: -1, data: { row: name } }, label);
    el.addEventListener("click", act, { signal });
    return el;
  };
  const picture = h("img", { class: "pvideo-row-picture", alt: "", hidden: true, loading: "lazy" });
  const state = badge();
  const name = h("b", { class: "pvideo-row-name" });
  const prompt = h("span", { class: "pvideo-row-prompt" });
  const note = h("p", { class: "pvideo-row-note" });
  const facts = h("p", { class: "pvideo-row-facts" });
  const stars = Array.from({ length: MOST }, (_, index) => {
    const el = h("button", { class: "pvideo-row-star", tabindex: -1, title: starWords(index + 1), "aria-label": starWords(index + 1) }, star());
    el.addEventListener("click", () => tools.rate(row.id, row.stars === index + 1 ? 0 : index + 1), { signal });
    return el;
  });
  const starBox = h("span", { class: "pvideo-row-stars", role: "group" }, ...stars);
  const open = button("open", actions.open, () => tools.open(row.id, false));
  const more = button("more", actions.more, () => tools.open(row.id, true));
  const find = button("find", actions.find_it, () => tools.find(row.id));
  const forget = button("forget", actions.forget, () => tools.forget(row.id));
  const where = h("input", { class: "pvideo-input pvideo-row-where", type: "text", placeholder: history.where, "aria-label": history.where });
  const look = button("look", actions.look_there, () => tools.find(row.id, where.value));
  look.tabIndex = 0;
  where.addEventListener("keydown", (event) => event.key === "Enter" && where.value && tools.find(row.id, where.value), { signal });
  const asked = h("div", { class: "pvideo-row-asked", hidden: true }, where, look);
  const lost = h("span", { class: "pvideo-row-lost" }, history.missing, find, forget);
  const text = h("div", { class: "pvideo-row-text", role: "gridcell" }, h("p", { class: "pvideo-row-words" }, name, prompt), note, facts, lost, asked);
  const side = h("div", { class: "pvideo-row-side", role: "gridcell" }, starBox, h("span", { class: "pvideo-row-buttons" }, open, more));
  const el = h("div", { class: "pvideo-row", role: "row", tabindex: -1, "aria-selected": "false" }, h("span", { class: "pvideo-row-stage", role: "gridcell" }, picture, state.el), text, side);

  const update = (next: Row, words: string[]): void => {
    row = next;
    el.dataset["id"] = row.id;
    const thumb = imageUrl(row.thumb);
    picture.hidden = !thumb;
    if (thumb && picture.src !== thumb) picture.src = thumb;
    state.update(row);
    state.el.hidden = row.status === "succeeded" && Boolean(thumb);
    setText(name, row.name);
    prompt.replaceChildren(...marked(row.prompt, words));
    note.hidden = !row.note;
    note.replaceChildren(...marked(row.note, words));
    const said = [row.made, row.running, row.facts, row.running ? "" : row.money, row.seed && `seed ${row.seed}`, row.changed ? history.changed : ""].filter(Boolean);
    facts.replaceChildren(...said.map((one) => h("span", { class: "pvideo-fact" }, ...marked(one, words))));
    stars.forEach((one, index) => setAttribute(one, "data-on", index < row.stars));
    setAttribute(starBox, "aria-label", starWords(row.stars));
    starBox.toggleAttribute("data-none", row.stars === 0);
    lost.hidden = !row.missing;
    asked.hidden = asked.hidden || !row.missing;
    setAttribute(el, "aria-label", [row.name, row.prompt, row.status, row.stars ? starWords(row.stars) : "", facts.textContent].filter(Boolean).join(", "));
  };
  update(first, []);
  return {
    el,
    row: () => row,
    update,
    select: (on) => setAttribute(el, "aria-selected", String(on)),
    ask: () => {
      asked.hidden = false;
      where.focus();
    },
  };
}

/** The words that a search marks: its stars are none. */
export function wordsOf(text: string): string[] {
  return text.split(/\s+/).filter((word) => word && !/^[★\d]?★+\d?$/.test(word));
}

export const selectedWords = (count: number): string => fill(history.selected, { count });
