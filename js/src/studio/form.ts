/** The form from a model's schema: what stands beside Generate, the settings, and the rest under More. */
import { h, setAttribute, setText } from "../dom";
import { actions, labels } from "../texts";
import type { Field, Form, Problem } from "../view";
import { asText } from "./control";
import { fieldPart, type FieldPart, type FormTools } from "./field";
import { looseHint } from "./loose";

export interface FormPart {
  /** The prompt and what stands beside Generate. */
  press: HTMLElement;
  settings: HTMLElement;
  prompt: FieldPart | null;
  field(name: string): FieldPart | undefined;
  fields(): FieldPart[];
  refresh(): void;
  /** Puts each problem under its field; returns how many are seen, and those of fields that the form has not. */
  problems(list: Problem[]): { count: number; loose: Problem[] };
  /** From now on also what nobody has come to yet is wrong. */
  touch(): void;
  /** Opens what hides the field, then focuses it. */
  focus(name: string): void;
}

function disclosure(className: string, signal: AbortSignal, body: HTMLElement): { toggle: HTMLButtonElement; open(on: boolean): void } {
  const toggle = h("button", { class: `pvideo-disclosure ${className}`, "aria-expanded": "false" });
  const open = (on: boolean): void => {
    setAttribute(toggle, "aria-expanded", String(on));
    body.toggleAttribute("data-open", on);
  };
  toggle.addEventListener("click", () => open(!body.hasAttribute("data-open")), { signal });
  return { toggle, open };
}

/** "draft · 5 s · 720p": the settings in a line, for where they are folded away. */
function summary(parts: FieldPart[], value: (name: string) => unknown): string {
  const word = ({ field }: FieldPart): string => {
    const now = value(field.name) ?? field.default;
    if (field.control === "switch") return Boolean(now) !== field.inverted ? field.label.toLowerCase() : "";
    if (!["slider", "number", "segments", "ratio", "menu"].includes(field.control)) return "";
    const label = field.choices.find((choice) => asText(choice.value) === asText(now))?.label;
    return label ?? `${asText(now)} ${field.unit}`.trim();
  };
  return parts.map(word).filter(Boolean).join(" · ");
}

export function formPart(form: Form, tools: FormTools): FormPart {
  const parts = form.fields.map((field) => fieldPart(field, tools));
  const at = (place: Field["place"]): FieldPart[] => parts.filter((part) => part !== prompt && part.field.place === place);
  const prompt = parts.find((part) => part.field.name === form.prompt) ?? null;
  const loose = looseHint(form, parts, tools);
  const moreParts = at("more");
  const moreBody = h("div", { class: "pvideo-more-fields" }, ...moreParts.map((part) => part.el));
  const more = disclosure("pvideo-more-toggle", tools.signal, moreBody);
  const body = h("div", { class: "pvideo-settings-body" }, ...at("form").map((part) => part.el), moreParts.length ? more.toggle : "", moreBody);
  const fold = disclosure("pvideo-settings-toggle", tools.signal, body);

  return {
    prompt,
    press: h("div", { class: "pvideo-press-fields" }, prompt?.el ?? "", ...at("beside").map((part) => part.el), loose.el),
    settings: h("div", { class: "pvideo-settings", role: "group", "aria-label": labels.settings, hidden: parts.every((part) => part === prompt || part.field.place === "beside") }, fold.toggle, body),
    field: (name) => parts.find((part) => part.field.name === name),
    fields: () => parts,
    refresh() {
      parts.forEach((part) => part.refresh());
      loose.refresh();
      const changed = moreParts.filter((part) => part.isChanged()).length;
      setText(more.toggle, changed ? `${actions.more} (${changed})` : actions.more);
      setText(fold.toggle, `${labels.settings}: ${summary([...at("beside"), ...at("form")], tools.store.get)}`);
    },
    problems(list) {
      const waits = (name: string): boolean => parts.some((part) => part.field.name === name && part.isUntouched());
      const seen = list.filter((one) => !waits(one.field));
      const words = (part: FieldPart): string => seen.filter((one) => one.field === part.field.name).map((one) => one.message).join(" ");
      parts.forEach((part) => part.problem(words(part)));
      return { count: seen.length, loose: seen.filter((one) => !parts.some((part) => part.field.name === one.field)) };
    },
    touch: () => parts.forEach((part) => part.touch()),
    focus(name) {
      const part = parts.find((one) => one.field.name === name);
      if (!part) return;
      if (part.field.place === "more") more.open(true);
      if (part !== prompt && part.field.place !== "beside") fold.open(true);
      part.focus();
    },
  };
}
