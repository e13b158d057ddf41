/**
 * An upright image in memory: `data[(y · width + x) · channels + c]`, uint8, sRGB; `channels` 3 is RGB, 4 is RGBA with
 * straight (not premultiplied) alpha.
 */
export interface Pixels {
  readonly width: number
  readonly height: number
  readonly channels: 3 | 4
  readonly data: Uint8Array
}

/**
 * Composites RGBA over white like Pillow's `alpha_composite` on an opaque white background (AlphaComposite.c, 7-bit
 * fixed point). This is how `transformers` ≥ 5 converts a transparent image to RGB
 * (`image_transforms.convert_to_rgb`). RGB is returned unchanged.
 */
export function overWhite(pixels: Pixels): Pixels {
  if (pixels.channels === 3) return pixels
  const { width, height, data } = pixels
  const out = new Uint8Array(width * height * 3)
  for (let i = 0, o = 0; i < data.length; i += 4) {
    const source = data[i + 3]! * 128
    const ground = 255 * (255 * 128 - source)
    for (let c = 0; c < 3; c++) {
      const sum = data[i + c]! * source + ground + (0x80 << 7)
      out[o++] = (((sum >> 8) + sum) >> 8) >> 7
    }
  }
  return { width, height, channels: 3, data: out }
}
