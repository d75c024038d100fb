/** The widgets below a widget: Python names them in the trait `below`, anywidget draws them. Where it cannot, Python is told. */
import { h } from "./dom";
import { loose, observe, send, type Host, type Model } from "./model";

export function below(model: Model, host: Host | undefined, el: HTMLElement, signal: AbortSignal): void {
  const shown = new Map<string, { place: HTMLElement; end: AbortController }>();

  const draw = async (reference: string, place: HTMLElement, end: AbortSignal): Promise<void> => {
    try {
      const widget = await host?.getWidget?.(reference);
      if (widget && !end.aborted) await widget.render({ el: place, signal: end });
    } catch {
      place.remove(); // its model is gone with its kernel
    }
  };
  const update = (): void => {
    const value = model.get("below");
    const wanted = Array.isArray(value) ? value.filter((one): one is string => typeof one === "string") : [];
    if (!host?.getWidget) return void (wanted.length && send(model, { kind: "no_below" }));
    for (const [reference, one] of shown) {
      if (wanted.includes(reference)) continue;
      one.end.abort();
      one.place.remove();
      shown.delete(reference);
    }
    for (const reference of wanted) {
      if (shown.has(reference)) continue;
      const place = h("div", { class: "pvideo-below" });
      const end = new AbortController();
      shown.set(reference, { place, end });
      el.append(place);
      void draw(reference, place, end.signal);
    }
  };
  /** A person asked to see one that stands there already. */
  const lead = (message: unknown): void => {
    const content = loose(message);
    if (content?.["kind"] !== "show_below") return;
    const wanted = [...el.querySelectorAll<HTMLElement>("section[data-id]")].find((one) => one.dataset["id"] === content["id"]);
    wanted?.scrollIntoView({ block: "nearest" });
    wanted?.focus({ preventScroll: true });
  };
  observe(model, "change:below", update, signal);
  observe(model, "msg:custom", lead, signal);
  signal.addEventListener("abort", () => shown.forEach((one) => one.end.abort()), { once: true });
  update();
}
