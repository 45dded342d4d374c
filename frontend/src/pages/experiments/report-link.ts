/**
 * The link to an experiment's report. Who follows a link shows no token: where one is kept, the page asks for the
 * report itself and saves it as a file.
 */
import type { ExperimentsClient } from "../../wire/experiments.js";
import { reportUrl } from "../../wire/experiments.js";
import { storedToken } from "../../wire/token.js";
import { make } from "../dom.js";
import { link, note, reasonOf } from "../parts.js";

export function reportLink(client: ExperimentsClient, experiment: string): HTMLElement {
  const open = link(reportUrl(experiment), "Report", "button");
  open.addEventListener("click", (event) => {
    if (storedToken() === null) return;
    event.preventDefault();
    client.report(experiment).then(
      (report) => {
        save(report, `${experiment}.html`);
      },
      (error: unknown) => {
        open.replaceWith(note("bad", `No report: ${reasonOf(error)}`));
      },
    );
  });
  return open;
}

function save(file: Blob, name: string): void {
  const href = URL.createObjectURL(file);
  make("a", { href, download: name }).click();
  // The browser has begun to read it when the click is over, but not all of it.
  setTimeout(() => {
    URL.revokeObjectURL(href);
  }, 60_000);
}
