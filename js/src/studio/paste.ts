/** A picture pasted anywhere in the Studio lands on its field, or on the first one that takes its kind and is free. */
import type { FormPart } from "./form";

export function pasteInto(root: HTMLElement, form: FormPart, signal: AbortSignal): void {
  const listen = (event: ClipboardEvent): void => {
    const file = event.clipboardData?.files[0];
    if (!file) return;
    const parts = form.fields().filter((part) => (part.field.item ?? part.field).control === "file");
    const here = parts.find((part) => part.el.contains(event.target as Node));
    const kind = file.type.split("/")[0];
    const free = parts.find((part) => part.field.media === kind && (part.field.item !== null || !part.el.querySelector("[data-full]")));
    const target = here ?? free;
    if (!target) return;
    event.preventDefault();
    event.stopPropagation();
    target.el.querySelector(target.field.item ? ".pvideo-list-box" : ".pvideo-file")?.dispatchEvent(new CustomEvent("pvideo-paste", { detail: file }));
  };
  root.addEventListener("paste", listen, { signal });
}
