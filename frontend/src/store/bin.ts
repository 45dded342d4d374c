/** The header of one bin in the units of the screen: ticks, milliseconds, plain numbers. */
import type { GridUpdate, RuntimeModel, SignalValue } from "../wire/generated.js";
import type { PastHeader } from "../wire/past-bins.js";
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

/** What a streamed bin has and a bin fetched from the past has not. */
export interface BinDetail {
  readonly flow: BinFlow;
  readonly model: RuntimeModel;
  readonly signal: SignalValue;
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
  readonly valid: boolean;
  readonly detail: BinDetail | null;
}

export interface StreamedBin extends Bin {
  readonly detail: BinDetail;
}

export function binOf(update: GridUpdate, tickInt: bigint): StreamedBin {
  const { flow } = update;
  return {
    ...headerOf(update, tickInt),
    detail: {
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
    },
  };
}

export function pastBinOf(header: PastHeader, tickInt: bigint): Bin {
  return { ...headerOf(header, tickInt), detail: null };
}

function headerOf(header: PastHeader, tickInt: bigint): Omit<Bin, "detail"> {
  return {
    seq: Number(header.bin_seq),
    startMs: msOfNs(header.bin_start_ns),
    endMs: msOfNs(header.bin_end_ns),
    eventCount: Number(header.bin_event_count),
    eventId: header.event_id,
    spotTick: tickOfPriceInt(header.spot_ref_price_int, tickInt),
    bidTick: tickOfPriceInt(header.best_bid_price_int, tickInt),
    askTick: tickOfPriceInt(header.best_ask_price_int, tickInt),
    valid: header.book_valid,
  };
}
