/** Reads the cell under the crosshair and shows it in its panel. */
import type { StreamStore } from "../../store/stream-store.js";
import { NOTHING, signed } from "../../view/format.js";
import { formatPrice } from "../../view/price-axis.js";
import { readCell } from "../../view/readout.js";
import { formatTime } from "../../view/time-axis.js";
import type { Zone } from "../../view/time-axis.js";
import type { StreamChart } from "./chart.js";
import type { CellPanel } from "./readings.js";

export function showCell(panel: CellPanel, store: StreamStore, chart: StreamChart, zone: Zone): void {
  const { cell } = chart;
  if (store.stream === null || cell === null) {
    panel.show(null, "under the crosshair");
    return;
  }
  const { session, ring } = store.stream;
  const names = session.columns.map((column) => column.name);
  const readout = readCell(ring, names, cell);
  const price = formatPrice(cell.tick, { tickInt: session.tickInt, decimals: session.priceDecimals });
  const time = readout.bin === null ? "no bin" : formatTime(zone, readout.bin.endMs, 100);
  panel.show(readout, `${price}  k ${readout.k === null ? NOTHING : signed(readout.k, 0)}  ${time}`);
}
