/** The experiments page: shell, keyboard, and the page itself. */
import { required } from "../dom.js";
import { listenWithHelp } from "../keys.js";
import { mountShell } from "../shell.js";
import { ExperimentsPage } from "./page.js";
import { watchTips } from "./tip.js";

const theme = mountShell("experiments");
const page = new ExperimentsPage();
watchTips();

const help = listenWithHelp([
  { keys: [], shown: "↑ ↓, Page, Home, End", help: "move in the table", run: () => undefined },
  { keys: [], shown: "Enter", help: "open the run", run: () => undefined },
  {
    keys: ["j", "J"],
    shown: "J",
    help: "next run, from anywhere",
    run: () => {
      page.listing.table.move(1);
    },
  },
  {
    keys: ["k", "K"],
    shown: "K",
    help: "previous run",
    run: () => {
      page.listing.table.move(-1);
    },
  },
  {
    keys: ["Escape"],
    shown: "Esc",
    help: "close what is open",
    run: () => {
      page.close();
    },
  },
  {
    keys: ["/"],
    shown: "/",
    help: "filter",
    run: () => {
      page.listing.filters.focus();
    },
  },
  {
    keys: ["b", "B"],
    shown: "B",
    help: "jobs",
    run: () => {
      page.toggleJobs();
    },
  },
  {
    keys: ["t", "T"],
    shown: "T",
    help: "theme: system, light, dark",
    run: () => {
      theme.next();
    },
  },
]);
required("help", HTMLButtonElement).addEventListener("click", help);
page.start();
