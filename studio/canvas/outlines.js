// The superpixels' outlines, over map, picture and photo alike: a light line beside a dark one, so that it is seen on any ground.

const FINE = 3, DARK = 0xff000000, LIGHT = 0xffffffff;

export class Outlines {
  constructor() {
    this.shown = false;
    this.strength = 0.5;
    this.canvas = document.createElement("canvas");
    this.drawn = null; // the superpixels that the canvas shows
  }

  // Three fine pixels a map pixel; drawn anew only for other superpixels.
  drawing(superpixels) {
    if (superpixels === this.drawn) return this.canvas;
    const { ids, width, height } = superpixels, context = this.canvas.getContext("2d");
    this.canvas.width = width * FINE;
    this.canvas.height = height * FINE;
    const image = context.createImageData(width * FINE, height * FINE), out = new Uint32Array(image.data.buffer);
    const line = (from, step) => {
      for (let fine = 0, at = from; fine < FINE; fine++, at += step) {
        out[at] = DARK;
        const beside = at + (step === 1 ? width * FINE : 1);
        if (!out[beside]) out[beside] = LIGHT;
      }
    };
    for (let y = 0, index = 0; y < height; y++) {
      for (let x = 0; x < width; x++, index++) {
        const corner = (y * FINE * width + x) * FINE;
        if (x > 0 && ids[index - 1] !== ids[index]) line(corner, width * FINE);
        if (y > 0 && ids[index - width] !== ids[index]) line(corner, 1);
      }
    }
    context.putImageData(image, 0, 0);
    this.drawn = superpixels;
    return this.canvas;
  }

  // Into a context that stands on map pixels; a case of boxes has no use for superpixels. needed: shown or not.
  paint(context, { superpixels, conditions }, needed = false) {
    if (!(this.shown || needed) || !superpixels || conditions.length) return;
    context.globalAlpha = this.strength;
    context.drawImage(this.drawing(superpixels), 0, 0, superpixels.width, superpixels.height);
    context.globalAlpha = 1;
  }
}
