/** What every live widget does when a page has it, shown or not. Quick: anywidget gives up silently after 2 s. */
import { giveWay, renew, reviveBoxes } from "./clean";
import { connect, contextOf, loose, observe, send, type Model } from "./model";

export function initialize({ model, signal }: { model: Model; signal: AbortSignal }): void {
  // What stands as html has no view that says hello.
  const context = contextOf(model);
  const tell = (): void => void send(model, { kind: "notebook", path: context?.["localPath"] });
  connect(context?.["pathChanged"], tell, signal);
  if (context) tell();
  void reviveBoxes(model);
  let before = String(model.get("saved") ?? "");
  const changed = (): void => {
    const now = String(model.get("saved") ?? "");
    void renew(model, before, now);
    before = now;
  };
  observe(model, "change:saved", changed, signal);
  observe(model, "msg:custom", (message) => {
    const { kind, model: id, html } = { ...loose(message) };
    if (kind === "give_way") void giveWay(model, id, html);
  }, signal);
}
