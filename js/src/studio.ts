/** The Studio's bundle. It holds cards, too. */
import { revive } from "./clean";
import type { Model, RenderProps } from "./model";
import { renderStudio } from "./studio/studio";

function render(props: RenderProps): void {
  props.el.classList.add("pvideo-host");
  renderStudio(props);
}

/** Runs for every live Studio when a page is loaded, shown or not. */
function initialize({ model }: { model: Model }): void {
  void revive(model);
}

export default { initialize, render };
