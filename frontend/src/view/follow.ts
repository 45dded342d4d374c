/**
 * Moves the camera with the market: the newest bin stays at the right, spot stays near the middle.
 *
 * Spot may wander inside a band around the middle before the price axis moves: an axis that trembles
 * with every tick cannot be read.
 */
import { tickAtY } from "./camera.js";
import type { Camera, PlotSize } from "./camera.js";

export interface Following {
  readonly time: boolean;
  readonly price: boolean;
}

export interface FollowTarget {
  readonly newestBin: number;
  /** NaN while there is no valid touch: the price axis then rests. */
  readonly spotTick: number;
}

export const FOLLOW = {
  /** Empty room right of the newest bin, as a part of the plot's width. */
  futureShare: 0.06,
  /** Half height of the band in which spot may wander, as a part of the plot's height. */
  bandShare: 0.1,
  timeEaseMs: 200,
  /** The part of that room which fast playback may eat up before the picture jumps after it. */
  lagShare: 0.6,
  priceEaseMs: 280,
  /** Nearer than this counts as there; farther than this is jumped. */
  nearPx: 0.25,
  farPx: 600,
} as const;

export interface FollowStep {
  readonly camera: Camera;
  /** Whether the next frame has to go on. */
  readonly moving: boolean;
}

/** One frame of following; `instant` jumps (first bin, reduced motion). */
export function follow(
  camera: Camera,
  size: PlotSize,
  following: Following,
  target: FollowTarget,
  elapsedMs: number,
  instant: boolean,
): FollowStep {
  let { rightBin, centreTick } = camera;
  let moving = false;
  if (following.time) {
    const future = size.width * FOLLOW.futureShare * camera.binsPerPx;
    const goal = target.newestBin + 1 + future;
    [rightBin, moving] = ease(rightBin, goal, camera.binsPerPx, elapsedMs, FOLLOW.timeEaseMs, instant);
    rightBin = Math.max(rightBin, goal - future * FOLLOW.lagShare);
  }
  if (following.price && Number.isFinite(target.spotTick)) {
    const goal = priceGoal(camera, size, target.spotTick);
    const [next, going] = ease(centreTick, goal, camera.ticksPerPx, elapsedMs, FOLLOW.priceEaseMs, instant);
    centreTick = next;
    moving ||= going;
  }
  return { camera: { ...camera, rightBin, centreTick }, moving };
}

/** Where the middle should be: unmoved while spot is inside the band, else so that spot is on its edge. */
function priceGoal(camera: Camera, size: PlotSize, spotTick: number): number {
  const half = size.height * FOLLOW.bandShare * camera.ticksPerPx;
  const middle = tickAtY(camera, size, size.height / 2);
  if (spotTick > middle + half) return spotTick - half;
  if (spotTick < middle - half) return spotTick + half;
  return middle;
}

function ease(
  from: number,
  to: number,
  unitsPerPx: number,
  elapsedMs: number,
  easeMs: number,
  instant: boolean,
): [number, boolean] {
  const distance = to - from;
  const px = Math.abs(distance) / unitsPerPx;
  if (instant || px <= FOLLOW.nearPx || px > FOLLOW.farPx) return [to, false];
  return [from + distance * (1 - Math.exp(-elapsedMs / easeMs)), true];
}
