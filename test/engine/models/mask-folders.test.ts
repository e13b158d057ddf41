/** Folders of CLIPSeg, SAM, EdgeTAM and Grounding DINO that are not what they say: one line, naming the file and the field. */
import fs from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import { goldenPath } from '../../helpers/golden.ts'
import { temporaryFolder } from '../../helpers/pictures.ts'

type Json = Record<string, unknown>
/** A copy of a checkpoint in which one JSON file is changed. */
function changed(name: string, file: string, change: (json: Json) => Json): string {
  const dir = path.join(temporaryFolder(), name)
  fs.cpSync(goldenPath(`../models/${name}`), dir, { recursive: true })
  const at = path.join(dir, file)
  fs.writeFileSync(at, JSON.stringify(change(JSON.parse(fs.readFileSync(at, 'utf8')) as Json)))
  return dir
}

const CONFIG = 'config.json'
const PICTURES = 'preprocessor_config.json'
test.each([
  [
    'grounding',
    CONFIG,
    (c: Json) => ({ ...c, backbone_config: { model_type: 'resnet' } }),
    /config\.json: backbone_config\.model_type: expected "swin", the only kind that is supported here, found "resnet"$/,
  ],
  [
    'grounding',
    CONFIG,
    (c: Json) => ({ ...c, num_queries: 11 }),
    /tensor model\.query_position_embeddings\.weight: expected shape \[11, 32\], found \[10, 32\]$/,
  ],
  [
    'grounding',
    PICTURES,
    (c: Json) => ({ ...c, size: { shortest_edge: 4000, longest_edge: 8000 } }),
    /allows pictures of 4000 × 8000, whose features do not fit the memory$/,
  ],
  [
    'grounding',
    PICTURES,
    (c: Json) => ({ ...c, pad_size: { height: 96, width: 96 } }),
    /pad_size: expected null: an image alone is not padded$/,
  ],
  [
    'sam',
    CONFIG,
    (c: Json) => ({ ...c, model_type: 'sam_vision_model' }),
    /config\.json: model_type: expected "sam", found .*save the whole SamModel$/,
  ],
  [
    'sam',
    CONFIG,
    (c: Json) => ({ ...c, vision_config: { ...(c['vision_config'] as Json), num_hidden_layers: 4 } }),
    /vision_encoder\.layers\.3\./,
  ],
  [
    'sam',
    CONFIG,
    (c: Json) => ({ ...c, vision_config: { ...(c['vision_config'] as Json), window_size: 2 } }),
    /tensor vision_encoder\.layers\.0\.attn\.rel_pos_h: expected shape \[3, 6\], found \[5, 6\]$/,
  ],
  [
    'sam',
    CONFIG,
    (c: Json) => ({ ...c, vision_config: { ...(c['vision_config'] as Json), num_attention_heads: 5 } }),
    /num_attention_heads: must divide hidden_size$/,
  ],
  [
    'sam',
    PICTURES,
    (c: Json) => ({ ...c, do_pad: false }),
    /preprocessor_config\.json: do_pad: expected true: padding is a part of how SAM sees$/,
  ],
  [
    'mobile-sam',
    CONFIG,
    (c: Json) => ({ ...c, vision_config: { ...(c['vision_config'] as Json), strides: [2, 2] } }),
    /config\.json: vision_config\.strides: expected 3 numbers, one less than embed_dims has, found 2$/,
  ],
  [
    'mobile-sam',
    CONFIG,
    (c: Json) => ({ ...c, vision_config: { ...(c['vision_config'] as Json), image_size: 60 } }),
    /config\.json: vision_config\.image_size: expected a multiple of 16, found 60$/,
  ],
  [
    'mobile-sam',
    CONFIG,
    (c: Json) => ({ ...c, vision_config: { ...(c['vision_config'] as Json), window_sizes: [7, 3, 5, 3] } }),
    /tensor image_encoder\.layers\.2\.blocks\.0\.attn\.attention_biases: expected shape \[4, 25\], found \[4, 16\]$/,
  ],
  ...(
    [
      [{ architecture: 'resnet50' }, /backbone_config\.architecture: expected one of repvit_m1, repvit_m2, repvit_m3, found "resnet50"$/],
      [{ model_type: 'swin' }, /backbone_config\.model_type: expected "timm_wrapper", found "swin"$/],
      [{ model_args: {} }, /model_args\.features_only: expected true: the pyramid is made of the features of each stage$/],
      [{ model_args: { features_only: true, depth: [1, 1] } }, /model_args\.depth: .*>=3/],
      [{ model_args: { features_only: true, out_indices: [1, 2, 3] } }, /model_args\.out_indices: expected all stages, \[0, 1, 2, 3\]$/],
      [
        { model_args: { features_only: true } },
        /vision_config\.backbone_channel_list: expected 384,192,96,48, which backbone_config says, found 20,16,12,8$/,
      ],
      [
        { model_args: { features_only: true, embed_dim: [8, 12, 16, 20], depth: [2, 2, 3, 1] } },
        /stages_1\.blocks\.1\.token_mixer\.conv\.c\.weight/,
      ],
    ] as const
  ).map(
    ([backbone, line]) =>
      [
        'edgetam',
        CONFIG,
        (c: Json) => {
          const vision = c['vision_config'] as Json
          return { ...c, vision_config: { ...vision, backbone_config: { ...(vision['backbone_config'] as Json), ...backbone } } }
        },
        line,
      ] as const,
  ),
  [
    'edgetam',
    CONFIG,
    (c: Json) => ({ ...c, model_type: 'edgetam_vision_model' }),
    /config\.json: model_type: expected "edgetam" or "edgetam_video", found .*save the whole EdgeTamModel$/,
  ],
  ['edgetam', PICTURES, (c: Json) => ({ ...c, size: { height: 32, width: 32 } }), /preprocessor_config\.json: crop_size: must be 64 × 64/],
  ['sam', PICTURES, (c: Json) => ({ ...c, size: { height: 32, width: 32 } }), /preprocessor_config\.json: size.*expected/],
  [
    'sam',
    PICTURES,
    (c: Json) => ({ ...c, size: { longest_edge: 64 } }),
    /preprocessor_config\.json: pad_size: expected at least size\.longest_edge, 64$/,
  ],
  [
    'sam',
    PICTURES,
    (c: Json) => ({ ...c, pad_size: { height: 64, width: 64 } }),
    /preprocessor_config\.json: crop_size: must be 32 × 32, found 64 × 64$/,
  ],
  ['sam', PICTURES, (c: Json) => ({ ...c, image_std: [0, 1, 1] }), /preprocessor_config\.json: image_std.*expected numbers above 0$/],
  [
    'sam',
    PICTURES,
    (c: Json) => ({ ...c, image_processor_type: 'ViTImageProcessor' }),
    /image_processor_type: expected SamImageProcessor, found "ViTImageProcessor"/,
  ],
  [
    'clipseg',
    CONFIG,
    (c: Json) => ({ ...c, model_type: 'clipseg_text_model' }),
    /model_type: expected "clipseg", found .*save the whole CLIPSegForImageSegmentation$/,
  ],
  [
    'clipseg',
    CONFIG,
    (c: Json) => ({ ...c, extract_layers: [0, 1, 3] }),
    /config\.json: extract_layers: expected numbers below vision_config\.num_hidden_layers$/,
  ],
  [
    'clipseg',
    CONFIG,
    (c: Json) => ({ ...c, reduce_dim: 12 }),
    /tensor decoder\.film_mul\.weight: expected shape \[12, 12\], found \[8, 12\]$/,
  ],
  [
    'clipseg',
    PICTURES,
    (c: Json) => ({ ...c, size: { height: 32, width: 24 } }),
    /preprocessor_config\.json: crop_size: must be square for this decoder, found 32 × 24$/,
  ],
] as const)('%s: %s %#', async (name, file, change, line) => {
  const opened = openModel(changed(name, file, change))
  await expect(opened).rejects.toThrow(line)
  expect(((await opened.catch((e: unknown) => e)) as Error).message).not.toContain('\n')
})
