/**
 * Draws the heatmap: a texture with one row a bin, of which only changed rows are uploaded.
 *
 * Gets plain data (view/heat-source.ts) and only draws. After a lost context, make a new renderer.
 */
import type { SlotSpan } from "../store/dirty.js";
import type { Rgb } from "../view/colour.js";
import type { HeatSource, HeatView } from "../view/heat-source.js";
import type { Palette } from "../view/palettes.js";
import { Uniforms, buildProgram, contextOf, makeTexture } from "./gl.js";
import { CURVE_CODES, FRAGMENT_SHADER, KIND_CODES, NO_SPOT, VERTEX_SHADER } from "./heatmap-shader.js";

const GRID_UNIT = 0;
const SPOT_UNIT = 1;
const PALETTE_UNIT = 2;
/** Stands for "never": beyond every scale, yet finite in float32. */
const FAR = 3e38;

export interface HeatBackground {
  readonly outside: Rgb;
  readonly hatch: Rgb;
}

export class HeatmapRenderer {
  private readonly gl: WebGL2RenderingContext;
  private readonly uniforms: Uniforms;
  private readonly grid: WebGLTexture;
  private readonly spot: WebGLTexture;
  private readonly palette: WebGLTexture;
  private source: HeatSource | null = null;
  private paletteSize: readonly [number, number] = [1, 1];
  private background: HeatBackground = { outside: [0, 0, 0], hatch: [0, 0, 0] };

  /** Throws GlUnavailable. */
  constructor(private readonly canvas: HTMLCanvasElement) {
    const gl = contextOf(canvas);
    this.gl = gl;
    const program = buildProgram(gl, VERTEX_SHADER, FRAGMENT_SHADER);
    this.uniforms = new Uniforms(gl, program);
    gl.useProgram(program);
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    this.grid = makeTexture(gl, gl.NEAREST);
    this.spot = makeTexture(gl, gl.NEAREST);
    this.palette = makeTexture(gl, gl.LINEAR);
    gl.bindVertexArray(gl.createVertexArray());
  }

  get maxTextureSize(): number {
    return this.gl.getParameter(this.gl.MAX_TEXTURE_SIZE) as number;
  }

  get contextLost(): boolean {
    return this.gl.isContextLost();
  }

  /** Use these arrays from now on; every slot has to be uploaded again. */
  setSource(source: HeatSource): void {
    const { gl } = this;
    const sameSize = this.source?.rows === source.rows && this.source.capacity === source.capacity;
    this.source = source;
    if (sameSize) return;
    gl.bindTexture(gl.TEXTURE_2D, this.grid);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RG32F, source.rows, source.capacity, 0, gl.RG, gl.FLOAT, null);
    gl.bindTexture(gl.TEXTURE_2D, this.spot);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.R32F, 1, source.capacity, 0, gl.RED, gl.FLOAT, null);
  }

  setPalette(palette: Palette): void {
    const { gl } = this;
    this.paletteSize = [palette.width, palette.height];
    gl.bindTexture(gl.TEXTURE_2D, this.palette);
    const { width, height, pixels } = palette;
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, width, height, 0, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
  }

  setBackground(background: HeatBackground): void {
    this.background = background;
  }

  upload(spans: readonly SlotSpan[]): void {
    if (this.source === null) return;
    for (const span of spans) this.uploadSpan(this.source, span);
  }

  /** `pixelRatio` device pixels are one pixel of the view. */
  draw(view: HeatView | null, pixelRatio: number): void {
    const { gl, canvas, background } = this;
    gl.viewport(0, 0, canvas.width, canvas.height);
    if (view === null || this.source === null) {
      const [r, g, b] = background.outside;
      gl.clearColor(r / 255, g / 255, b / 255, 1);
      gl.clear(gl.COLOR_BUFFER_BIT);
      return;
    }
    this.setUniforms(view, this.source, pixelRatio);
    for (const [unit, texture] of [this.grid, this.spot, this.palette].entries()) {
      gl.activeTexture(gl.TEXTURE0 + unit);
      gl.bindTexture(gl.TEXTURE_2D, texture);
    }
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  private setUniforms(view: HeatView, source: HeatSource, pixelRatio: number): void {
    const { gl, uniforms, background } = this;
    gl.uniform1i(uniforms.at("uGrid"), GRID_UNIT);
    gl.uniform1i(uniforms.at("uSpot"), SPOT_UNIT);
    gl.uniform1i(uniforms.at("uPalette"), PALETTE_UNIT);
    gl.uniform2i(uniforms.at("uPaletteSize"), ...this.paletteSize);
    gl.uniform1i(uniforms.at("uRows"), source.rows);
    gl.uniform1i(uniforms.at("uCapacity"), source.capacity);
    gl.uniform2i(uniforms.at("uRange"), view.oldest, view.newest);
    gl.uniform1i(uniforms.at("uLeftBin"), view.leftBin);
    gl.uniform1f(uniforms.at("uLeftFraction"), view.leftFraction);
    gl.uniform1f(uniforms.at("uBottomTick"), view.bottomTick);
    gl.uniform2f(uniforms.at("uPerPixel"), view.binsPerPx / pixelRatio, view.ticksPerPx / pixelRatio);
    gl.uniform1i(uniforms.at("uKind"), KIND_CODES[view.kind]);
    gl.uniform1i(uniforms.at("uCurve"), CURVE_CODES[view.scale.curve]);
    gl.uniform2f(uniforms.at("uCodes"), ...view.codes);
    gl.uniform1f(uniforms.at("uMax"), view.scale.max);
    gl.uniform3f(uniforms.at("uOutside"), ...unit(background.outside));
    gl.uniform3f(uniforms.at("uHatch"), ...unit(background.hatch));
    gl.uniform1f(uniforms.at("uHatchPeriod"), 7 * pixelRatio);
  }

  private uploadSpan(source: HeatSource, { first, end }: SlotSpan): void {
    const { gl } = this;
    const slots = end - first;
    const cells = new Float32Array(slots * source.rows * 2);
    const base = first * source.rows;
    for (let i = 0; i < slots * source.rows; i += 1) {
      const value = Number(source.first[base + i] ?? 0);
      cells[2 * i] = Number.isNaN(value) ? FAR : value;
      cells[2 * i + 1] = Number(source.second?.[base + i] ?? 0);
    }
    const spots = new Float32Array(slots);
    for (let i = 0; i < slots; i += 1) {
      const tick = source.spotTick[first + i] ?? NaN;
      spots[i] = Number.isNaN(tick) ? NO_SPOT : tick - source.anchorTick;
    }
    gl.bindTexture(gl.TEXTURE_2D, this.grid);
    gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, first, source.rows, slots, gl.RG, gl.FLOAT, cells);
    gl.bindTexture(gl.TEXTURE_2D, this.spot);
    gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, first, 1, slots, gl.RED, gl.FLOAT, spots);
  }
}

function unit([r, g, b]: Rgb): [number, number, number] {
  return [r / 255, g / 255, b / 255];
}
