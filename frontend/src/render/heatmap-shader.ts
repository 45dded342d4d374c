/** The heatmap's shader: each pixel finds the cells under it, averages them by area, and looks up a colour. */
import { LOG_RANGE } from "../view/colour-scale.js";
import type { Curve } from "../view/colour-scale.js";
import type { FieldKind } from "../view/fields.js";

/** In the spot texture: this slot has no bin, or the bin had no valid touch. */
export const NO_SPOT = -1e9;

export const KIND_CODES: Readonly<Record<FieldKind, number>> = {
  forces: 0,
  diverging: 1,
  sequential: 2,
  codes: 3,
};
export const CURVE_CODES: Readonly<Record<Curve, number>> = { linear: 0, root: 1, log: 2 };

export const VERTEX_SHADER = `#version 300 es
void main() {
  vec2 corner = vec2(gl_VertexID == 1 ? 3.0 : -1.0, gl_VertexID == 2 ? 3.0 : -1.0);
  gl_Position = vec4(corner, 0.0, 1.0);
}`;

export const FRAGMENT_SHADER = `#version 300 es
precision highp float;
precision highp int;
precision highp sampler2D;

uniform sampler2D uGrid;      // x: row, y: slot; r and g: the field's columns
uniform sampler2D uSpot;      // y: slot; r: spot tick relative to the anchor
uniform sampler2D uPalette;   // x: balance, sign or code; y: strength
uniform ivec2 uPaletteSize;
uniform int uRows;
uniform int uCapacity;
uniform ivec2 uRange;         // oldest and newest bin
uniform int uLeftBin;
uniform float uLeftFraction;
uniform float uBottomTick;    // relative to the anchor
uniform vec2 uPerPixel;       // bins and ticks per device pixel
uniform int uKind;
uniform int uCurve;
uniform vec2 uCodes;          // lowest and highest code
uniform float uMax;
uniform vec3 uOutside;        // colour where there is no cell
uniform vec3 uHatch;          // colour of the stripes over lost bins
uniform float uHatchPeriod;

out vec4 colour;

const int MAX_COLUMNS = 16;
const int MAX_ROWS = 8;

float strength(float value) {
  float t = min(1.0, abs(value) / uMax);
  if (uCurve == 1) return sqrt(t);
  if (uCurve == 2) return log(1.0 + ${LOG_RANGE}.0 * t) / log(1.0 + ${LOG_RANGE}.0);
  return t;
}

vec3 paint(vec2 value) {
  float across = 0.0;
  float up = 0.0;
  if (uKind == 0) {
    float sum = value.x + value.y;
    across = sum > 0.0 ? 0.5 + 0.5 * (value.x - value.y) / sum : 0.5;
    up = strength(sum);
  } else if (uKind == 1) {
    across = 0.5 + 0.5 * sign(value.x) * strength(value.x);
  } else if (uKind == 2) {
    across = strength(value.x);
  } else {
    across = (value.x - uCodes.x) / max(1.0, uCodes.y - uCodes.x);
  }
  vec2 size = vec2(uPaletteSize);
  return texture(uPalette, (vec2(across, up) * (size - 1.0) + 0.5) / size).rgb;
}

void main() {
  vec2 low = vec2(uLeftFraction, uBottomTick + 0.5) + (gl_FragCoord.xy - 0.5) * uPerPixel;
  vec2 high = low + uPerPixel;
  if (uKind == 3) {            // codes have no mean: take the cell in the middle
    low = (low + high) * 0.5;
    high = low + 1e-4;
  }
  int firstColumn = int(floor(low.x));
  int columns = max(1, int(ceil(high.x)) - firstColumn);
  int columnStride = (columns + MAX_COLUMNS - 1) / MAX_COLUMNS;
  vec2 sum = vec2(0.0);
  float weight = 0.0;
  float lost = 0.0;
  float total = 0.0;
  for (int i = 0; i < columns; i += columnStride) {
    int column = firstColumn + i;
    float columnWeight = columnStride > 1 ? 1.0 : min(float(column + 1), high.x) - max(float(column), low.x);
    total += columnWeight;
    int seq = uLeftBin + column;
    if (seq < uRange.x || seq > uRange.y) continue;
    int slot = seq % uCapacity;
    float spot = texelFetch(uSpot, ivec2(0, slot), 0).r;
    if (spot <= ${NO_SPOT.toExponential()} * 0.5) {
      lost += columnWeight;
      continue;
    }
    float offset = float(uRows / 2) - spot;
    float lowRow = low.y + offset;
    float highRow = high.y + offset;
    int firstRow = int(floor(lowRow));
    int rows = max(1, int(ceil(highRow)) - firstRow);
    int rowStride = (rows + MAX_ROWS - 1) / MAX_ROWS;
    float rowTotal = 0.0;
    vec2 rowSum = vec2(0.0);
    float rowWeight = 0.0;
    for (int j = 0; j < rows; j += rowStride) {
      int row = firstRow + j;
      float w = rowStride > 1 ? 1.0 : min(float(row + 1), highRow) - max(float(row), lowRow);
      rowTotal += w;
      if (row < 0 || row >= uRows) continue;
      rowSum += w * texelFetch(uGrid, ivec2(row, slot), 0).rg;
      rowWeight += w;
    }
    sum += columnWeight * rowSum / rowTotal;
    weight += columnWeight * rowWeight / rowTotal;
  }
  vec3 ground = uOutside;
  if (lost > 0.0) {
    float stripe = step(uHatchPeriod * 0.8, mod(gl_FragCoord.x + gl_FragCoord.y, uHatchPeriod));
    ground = mix(ground, uHatch, stripe * lost / total);
  }
  colour = vec4(weight > 0.0 ? mix(ground, paint(sum / weight), weight / total) : ground, 1.0);
}`;
