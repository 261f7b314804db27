// The points, drawn by WebGL2: a buffer of positions, a byte of class per point, a byte that
// highlights the point. Colours live in a 256-pixel texture, so recolouring
// uploads a kilobyte and moves no point.

import { Pace } from "./pace.js";
import { parseColour } from "./theme.js";

const VERTEX = `#version 300 es
in vec2 place; in vec2 later; in float kind; in float stands;
uniform vec2 centre; uniform vec2 zoom; uniform float size; uniform float alpha;
uniform float pass; uniform float focus; uniform float muting; uniform vec4 grey;
uniform float boost; uniform float blend;
uniform sampler2D palette;
out vec4 colour;
void main() {
  float lit = stands;
  if (focus >= 0.0 && abs(kind - focus) > 0.5) lit = 0.0;
  bool muted = muting > 0.5 && lit < 0.5;
  // Two passes: muted points lie below highlighted ones.
  if (muting > 0.5 && muted == (pass > 0.5)) { gl_Position = vec4(2.0, 2.0, 0.0, 1.0); return; }
  gl_Position = vec4((mix(place, later, blend) - centre) * zoom, 0.0, 1.0);
  vec4 own = texelFetch(palette, ivec2(int(kind + 0.5), 0), 0);
  colour = muted ? grey : vec4(own.rgb, own.a * alpha);
  if (muting > 0.5 && !muted) colour.a = min(1.0, colour.a * 1.4);
  gl_PointSize = size * (muted ? 0.8 : (muting > 0.5 ? boost : 1.0));
}`;

const FRAGMENT = `#version 300 es
precision highp float;
in vec4 colour; out vec4 fragment; uniform float size;
void main() {
  float distance = length(gl_PointCoord - 0.5) * 2.0;
  float edge = 1.0 - smoothstep(1.0 - 2.5 / max(size, 3.0), 1.0, distance);
  if (edge <= 0.0) discard;
  float a = colour.a * edge;
  fragment = vec4(colour.rgb * a, a);
}`;

export class Points {
  /** Raises an error where the browser has no WebGL2; the caller shows the fallback. */
  constructor(canvas, redraw) {
    this.canvas = canvas;
    this.pace = new Pace(redraw);
    this.drawn = null; // what the canvas shows
    this.step = 1; // of how many points one is read
    this.xy = new Float32Array(0);
    this.kinds = null;
    this.stands = null;
    this.palette = null;
    canvas.addEventListener("webglcontextlost", (event) => {
      event.preventDefault();
      this.gl = null;
    });
    canvas.addEventListener("webglcontextrestored", () => {
      this.begin();
      redraw();
    });
    this.begin();
  }

  begin() {
    const gl = this.canvas.getContext("webgl2", { antialias: false, premultipliedAlpha: true });
    if (!gl) throw new Error("WebGL2 is not available");
    this.gl = gl;
    this.program = link(gl);
    this.at = (name) => gl.getUniformLocation(this.program, name);
    this.uniforms = Object.fromEntries(
      [
        "centre", "zoom", "size", "alpha", "pass", "focus", "muting", "grey", "boost", "blend",
      ].map((name) => [name, this.at(name)]),
    );
    this.array = gl.createVertexArray();
    this.buffers = { place: gl.createBuffer(), kind: gl.createBuffer(), stands: gl.createBuffer() };
    this.formats = {}; // of the buffers that are filled
    this.step = 1;
    this.drawn = null;
    this.texture = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, this.texture);
    for (const name of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) {
      gl.texParameteri(gl.TEXTURE_2D, name, gl.NEAREST);
    }
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    // After a lost context everything that was on the card has to travel again.
    if (this.xy.length) this.setPlaces(this.xy);
    if (this.kinds) this.setKinds(this.kinds);
    if (this.stands) this.setStanding(this.stands);
    if (this.palette) this.setPalette(this.palette);
  }

  get count() {
    return this.xy.length / 2;
  }

  upload(name, values, size, type) {
    const gl = this.gl;
    if (!gl) return;
    gl.bindVertexArray(this.array);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffers[name]);
    gl.bufferData(gl.ARRAY_BUFFER, values, gl.STATIC_DRAW);
    this.formats[name] = { size, type, bytes: size * values.BYTES_PER_ELEMENT };
    this.read(name);
    this.drawn = null;
  }

  /** Reads a buffer, one of `step` points. */
  read(name) {
    const { gl, step } = this;
    const { size, type, bytes } = this.formats[name];
    const location = gl.getAttribLocation(this.program, name);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffers[name]);
    gl.enableVertexAttribArray(location);
    gl.vertexAttribPointer(location, size, type, false, step > 1 ? step * bytes : 0, 0);
  }

  /** Of how many points one is drawn, in this view. */
  stepIn(view) {
    return this.pace.step(view, this.count);
  }

  thin(step) {
    if (step === this.step) return;
    this.step = step;
    this.gl.bindVertexArray(this.array);
    for (const name of Object.keys(this.formats)) this.read(name);
  }

  setPlaces(xy) {
    this.xy = xy;
    this.upload("place", xy, 2, WebGL2RenderingContext.FLOAT);
  }

  setKinds(kinds) {
    this.kinds = kinds;
    this.upload("kind", kinds, 1, WebGL2RenderingContext.UNSIGNED_BYTE);
  }

  setStanding(stands) {
    this.stands = stands;
    this.upload("stands", stands, 1, WebGL2RenderingContext.UNSIGNED_BYTE);
  }

  /** @param {Uint8Array} palette 256 × RGBA */
  setPalette(palette) {
    this.palette = palette;
    const gl = this.gl;
    if (!gl) return;
    gl.bindTexture(gl.TEXTURE_2D, this.texture);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, 256, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, palette);
    this.drawn = null;
  }

  draw(view, ratio, { focus, muting, grey, size, boost }) {
    const gl = this.gl;
    if (!gl || !this.count || !this.kinds || !this.stands) return;
    const step = this.stepIn(view);
    const [x, y] = view.toData(view.width / 2, view.height / 2);
    const drawn = JSON.stringify([
      x, y, view.scale, ratio, this.canvas.width, this.canvas.height, this.position, step,
      focus, muting, grey, size, boost,
    ]);
    if (drawn === this.drawn) return; // what lies on top changed alone
    this.thin(step);
    const { uniforms } = this;
    gl.viewport(0, 0, this.canvas.width, this.canvas.height);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.useProgram(this.program);
    gl.bindVertexArray(this.array);
    gl.bindTexture(gl.TEXTURE_2D, this.texture);
    gl.uniform2f(uniforms.centre, x, y);
    gl.uniform2f(uniforms.zoom, (2 * view.scale) / view.width, (2 * view.scale) / view.height);
    gl.uniform1f(uniforms.size, size * ratio);
    gl.uniform1f(uniforms.alpha, 1 - (1 - alphaFor(this.count, view.magnification)) ** step);
    gl.uniform1f(uniforms.focus, focus ?? -1);
    gl.uniform1f(uniforms.muting, muting ? 1 : 0);
    gl.uniform4fv(uniforms.grey, grey);
    gl.uniform1f(uniforms.boost, boost);
    gl.uniform1f(uniforms.blend, this.blend ?? 0);
    this.pace.timed(gl, this.count, () => {
      for (const pass of muting ? [0, 1] : [1]) {
        gl.uniform1f(uniforms.pass, muting ? 1 - pass : 0);
        gl.drawArrays(gl.POINTS, 0, Math.ceil(this.count / step));
      }
    });
    this.drawn = drawn;
  }

  destroy() {
    this.pace.stop();
    this.gl?.getExtension("WEBGL_lose_context")?.loseContext();
    this.gl = null;
  }
}

/** Diameter in CSS pixels: small enough that a crowd keeps its shape, larger when zoomed in. */
export function sizeFor(count, zoom) {
  const base = count > 200000 ? 2 : count > 50000 ? 2.8 : count > 8000 ? 3.6 : 5;
  return Math.min(base * Math.max(zoom, 1) ** 0.32, 15);
}

function alphaFor(count, zoom) {
  const base = count > 200000 ? 0.35 : count > 50000 ? 0.5 : count > 8000 ? 0.66 : 0.8;
  return Math.min(base + 0.06 * Math.log2(Math.max(zoom, 1)), 0.92);
}

/**
 * 256 RGBA colours: of classes (one each, the others grey) or of a ramp (blended between stops).
 * @param {{id: number, colour: string}[]} legend
 */
export function paletteOf(legend, kind, grey) {
  const palette = new Uint8Array(256 * 4);
  for (let i = 0; i < 256; i++) palette.set(grey, 4 * i);
  if (kind === "ramp") {
    for (let s = 0; s + 1 < legend.length; s++) {
      const [low, high] = [legend[s], legend[s + 1]];
      const [from, to] = [parseColour(low.colour), parseColour(high.colour)];
      for (let id = low.id; id <= high.id; id++) {
        const t = (id - low.id) / Math.max(high.id - low.id, 1);
        palette.set(from.map((value, k) => Math.round(value + (to[k] - value) * t)), 4 * id);
      }
    }
  } else {
    for (const { id, colour } of legend) palette.set(parseColour(colour), 4 * id);
  }
  return palette;
}

function link(gl) {
  const program = gl.createProgram();
  for (const [type, text] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
    const shader = gl.createShader(type);
    gl.shaderSource(shader, text);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost()) {
    throw new Error(`The map's shader: ${gl.getProgramInfoLog(program)}`);
  }
  return program;
}
