/** A CLIP of random weights whose image tower is a ViT-S (22 M parameters). */
import { writeRandom } from './preview.ts'

/** @param side of its images, in pixels; its patches are 16 × 16 */
export const writeSmallClip = (folder: string, side: number): Promise<void> =>
  writeRandom(
    folder,
    {
      model_type: 'clip',
      projection_dim: 384,
      text_config: {
        vocab_size: 4096,
        hidden_size: 128,
        intermediate_size: 512,
        num_hidden_layers: 2,
        num_attention_heads: 4,
        max_position_embeddings: 32,
        eos_token_id: 1,
        bos_token_id: 0,
      },
      vision_config: {
        hidden_size: 384,
        intermediate_size: 1536,
        num_hidden_layers: 12,
        num_attention_heads: 6,
        image_size: side,
        patch_size: 16,
        hidden_act: 'gelu',
      },
    },
    { image_processor_type: 'CLIPImageProcessor', size: { shortest_edge: side }, crop_size: { height: side, width: side } },
  )
