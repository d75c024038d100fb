/** The contact sheet's front end: one bundle of its own. */
import { initialize } from "./initialize";
import type { RenderProps } from "./model";
import { renderSheet } from "./sheet/sheet";

function render(props: RenderProps): void {
  props.el.classList.add("pvideo-host");
  renderSheet(props);
}

export default { initialize, render };
