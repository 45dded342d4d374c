/** The header of one bin in the units of the screen: ticks, milliseconds, plain numbers. */
import type { GridUpdate, RuntimeModel, SignalValue } from "../wire/generated.js";
import { msOfNs, tickOfPrice, tickOfPriceInt } from "./session.js";

export interface BinFlow {
  readonly bestBidQty: number;
  readonly bestAskQty: number;
  readonly tradeCount: number;
  readonly buyVolume: number;
  readonly sellVolume: number;
  /** Fractional tick of the volume-weighted trade price; NaN without trades. */
  readonly vwapTick: number;
  readonly ofi: number;
}

export interface Bin {
  readonly seq: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly eventCount: number;
  readonly eventId: bigint;
  /** NaN without a valid touch. */
  readonly spotTick: number;
  readonly bidTick: number;
  readonly askTick: number;
  readonly mid: number;
  readonly valid: boolean;
  readonly flow: BinFlow;
  readonly model: RuntimeModel;
  readonly signal: SignalValue;
  readonly backfill: boolean;
  readonly dropped: number;
}

export function binOf(update: GridUpdate, tickInt: bigint): Bin {
  const { flow } = update;
  return {
    seq: Number(update.bin_seq),
    startMs: msOfNs(update.bin_start_ns),
    endMs: msOfNs(update.bin_end_ns),
    eventCount: Number(update.bin_event_count),
    eventId: update.event_id,
    spotTick: tickOfPriceInt(update.spot_ref_price_int, tickInt),
    bidTick: tickOfPriceInt(update.best_bid_price_int, tickInt),
    askTick: tickOfPriceInt(update.best_ask_price_int, tickInt),
    mid: update.mid_price,
    valid: update.book_valid,
    flow: {
      bestBidQty: Number(flow.best_bid_qty),
      bestAskQty: Number(flow.best_ask_qty),
      tradeCount: Number(flow.trade_count),
      buyVolume: Number(flow.buy_volume),
      sellVolume: Number(flow.sell_volume),
      vwapTick: tickOfPrice(flow.trade_vwap, tickInt),
      ofi: Number(flow.ofi),
    },
    model: update.runtime_model,
    signal: update.signal,
    backfill: update.backfill ?? false,
    dropped: update.dropped ?? 0,
  };
}
