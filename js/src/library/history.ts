/** The history: what is looked for, what was found, and the card that was opened. */
import { below } from "../below";
import { viewFrom } from "../card-widget";
import { offerFile } from "../clean";
import { h, setAttribute, setText } from "../dom";
import { live } from "../live";
import { loose, observe, send, type RenderProps } from "../model";
import { written } from "../more";
import { shelf as makeShelf } from "../studio/shelf";
import { actions, fill, history, labels } from "../texts";
import type { View } from "../view";
import { selectedWords, wordsOf } from "./row";
import { rowsPart } from "./rows";

const PAUSE = 150;

interface Query {
  text: string;
  starred: boolean;
  here: boolean;
}

interface Found {
  count: number;
  total: string;
  stamp: number;
  nonce: string;
}

export function renderHistory({ model, el, signal, host }: RenderProps): void {
  const query = (): Query => ({ text: "", starred: false, here: false, ...loose(model.get("query")) });
  const found = (): Found => ({ count: 0, total: "", stamp: 0, nonce: "", ...loose(model.get("found")) });
  const opened = (): View | null => viewFrom((model.get("views") as unknown[] | undefined)?.[0]);
  let wanted = query();
  let opensMore = false;
  let selected: string[] = [];
  let shownId = opened()?.id ?? "";
  let timer: ReturnType<typeof setTimeout> | undefined;

  const root = h("section", { class: "pvideo pvideo-history", "aria-label": history.title });
  const { keys, bytes, beat } = live(model, root, signal, () => shownId, (gone) => {
    root.toggleAttribute("data-gone", gone);
    shelf.kernel(gone);
  });
  const say = (content: object): void => {
    send(model, { ...content, nonce: found().nonce });
    beat.expect();
  };

  const box = h("input", { class: "pvideo-input pvideo-search", type: "search", placeholder: history.search, "aria-label": history.search, autocomplete: "off", spellcheck: "false" });
  const starred = h("button", { class: "pvideo-button", "aria-pressed": "false", data: { filter: "starred" } }, history.starred);
  const here = h("button", { class: "pvideo-button", "aria-pressed": "false", data: { filter: "here" } }, history.here);
  const all = h("button", { class: "pvideo-button", "aria-pressed": "true", data: { filter: "all" } }, history.all);
  const total = h("p", { class: "pvideo-history-total", role: "status" });
  const head = h("div", { class: "pvideo-history-head" }, box, starred, h("span", { class: "pvideo-pair", role: "group", "aria-label": history.title }, here, all), total);
  const nothing = h("p", { class: "pvideo-history-empty", hidden: true });
  const told = h("div", { class: "pvideo-history-told", role: "status" });
  const savePage = h("button", { class: "pvideo-button" }, actions.save_page);
  const compareThem = h("button", { class: "pvideo-button" });
  const chosen = h("div", { class: "pvideo-history-chosen pvideo-actions", hidden: true }, h("span", { class: "pvideo-history-count" }), compareThem, savePage);
  const shut = h("button", { class: "pvideo-button pvideo-plain pvideo-history-close" }, history.close);
  const place = h("div", { class: "pvideo-history-card", hidden: true });
  const shelf = makeShelf({ model, keys, bytes, signal, pressed: beat.expect, busySince: beat.busySince });

  const rows = rowsPart({
    keys,
    signal,
    ask: (start, stop) => say({ kind: "rows", start, stop, stamp: found().stamp }),
    open: (id, more) => {
      opensMore = more;
      if (opened()?.id === id) paintCard(true);
      say({ kind: "open", id });
    },
    rate: (id, stars) => say({ kind: "star", id, stars }),
    find: (id, where) => say({ kind: "find", id, ...(where ? { where } : {}) }),
    forget: (id) => say({ kind: "forget", id }),
    selected: (ids) => {
      selected = ids;
      chosen.hidden = ids.length === 0;
      setText(chosen.firstElementChild as HTMLElement, selectedWords(ids.length));
      compareThem.hidden = ids.length < 2;
      setText(compareThem, fill(labels.compare, { count: ids.length }));
      say({ kind: "select", ids });
    },
  });
  root.append(head, nothing, rows.el, chosen, told, place);

  const look = (): void => {
    clearTimeout(timer);
    paintQuery();
    send(model, { kind: "query", query: wanted });
    beat.expect();
  };
  const choose = (change: Partial<Query>) => (): void => {
    wanted = { ...wanted, text: box.value, ...change };
    look();
  };
  box.addEventListener("input", () => {
    wanted = { ...wanted, text: box.value };
    clearTimeout(timer);
    timer = setTimeout(look, PAUSE);
  }, { signal });
  signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
  starred.addEventListener("click", () => choose({ starred: !wanted.starred })(), { signal });
  here.addEventListener("click", choose({ here: true }), { signal });
  all.addEventListener("click", choose({ here: false }), { signal });
  savePage.addEventListener("click", () => selected.length && say({ kind: "save_page" }), { signal });
  compareThem.addEventListener("click", () => say({ kind: "compare" }), { signal });
  shut.addEventListener("click", () => {
    place.hidden = true;
    say({ kind: "shut" });
    const from = rows.get(shownId)?.el ?? box;
    from.focus({ preventScroll: true });
  }, { signal });
  keys.on(box, (event) => {
    if (event.key === "Escape" && box.value) {
      box.value = "";
      choose({ text: "" })();
      return true;
    }
    if (event.key !== "ArrowDown") return false;
    rows.el.querySelector<HTMLElement>('.pvideo-row[tabindex="0"]')?.focus();
    return true;
  });

  const paintQuery = (): void => {
    if (document.activeElement !== box && box.value !== wanted.text) box.value = wanted.text;
    setAttribute(starred, "aria-pressed", String(wanted.starred));
    setAttribute(here, "aria-pressed", String(wanted.here));
    setAttribute(all, "aria-pressed", String(!wanted.here));
  };
  let before = "";
  const paintFound = (): void => {
    const { count, total: sums } = found();
    const now = JSON.stringify(query());
    setText(total, sums);
    nothing.hidden = count > 0;
    const asks = Boolean(query().text || query().starred || query().here);
    setText(nothing, count ? "" : asks ? history.nothing : history.empty);
    rows.reset(count, wordsOf(query().text), now !== before);
    before = now;
  };
  const paintCard = (fresh: boolean): void => {
    const view = opened();
    shelf.update(view ? [view] : [], fresh);
    if (!view) return void (place.hidden = true);
    const isNew = view.id !== shownId;
    shownId = view.id;
    const card = shelf.show(view);
    if (isNew || !place.contains(card)) place.replaceChildren(shut, card);
    place.hidden = false;
    beat.active(!view.done || view.phase === "saving");
    if (!isNew && !opensMore) return;
    // The person asked for it: it is brought into sight by the least way, and the keyboard goes with it.
    card.scrollIntoView?.({ block: "nearest" });
    if (opensMore) card.querySelector<HTMLButtonElement>('[data-action="more"]:not([aria-expanded="true"])')?.click();
    (opensMore ? card.querySelector<HTMLElement>(".pvideo-more button") : card)?.focus({ preventScroll: true });
    opensMore = false;
  };

  observe(model, "change:query", () => {
    wanted = query();
    paintQuery();
  }, signal);
  observe(model, "change:found", paintFound, signal);
  observe(model, "change:views", () => paintCard(true), signal);
  observe(model, "msg:custom", (message) => {
    const content = loose(message);
    if (content?.["kind"] === "rows" && Array.isArray(content["rows"])) rows.take(Number(content["start"]), content["rows"]);
    if (content?.["kind"] !== "told") return;
    const text = String(content["text"]);
    void written(model, text, String(content["file"] ?? "")).then((line) => told.replaceChildren(line));
    if (content["ask"]) rows.get(String(content["ask"]))?.ask();
  }, signal);

  paintQuery();
  box.value = wanted.text;
  paintFound();
  if (opened()) paintCard(false);
  el.append(root);
  // What stands below has a keyboard of its own.
  below(model, host, el, signal);
  beat.start();
  offerFile(model, () => String(loose(model.get("view"))?.["id"] ?? ""), signal);
}
