import { layerTensors } from './clip.ts'
import { type GroupvitConfig, mixed, stageName, stagesOf } from './groupvit-config.ts'
import { TensorList } from './tensors.ts'

export const TABLE = 'text_model.embeddings.token_embedding.weight'
export const SCALE = 'logit_scale'

/** The tensors of a GroupViT, named as transformers names them. */
export function groupvitTensors(c: GroupvitConfig): TensorList {
  const { text_config: t, vision_config: v } = c
  const list = new TensorList()
  const [image, text] = [list.in('image'), list.in('text')]
  text.embedding(TABLE, [t.vocab_size, t.hidden_size])
  text.embedding('text_model.embeddings.position_embedding.weight', [t.max_position_embeddings, t.hidden_size])
  for (let i = 0; i < t.num_hidden_layers; i++) layerTensors(text, `text_model.encoder.layers.${i}`, t)
  text.norm('text_model.final_layer_norm', t.hidden_size)

  const d = v.hidden_size
  const m = 'vision_model.embeddings'
  image.embedding(`${m}.position_embeddings`, [1, Math.floor(v.image_size / v.patch_size) ** 2, d])
  image.weight(`${m}.patch_embeddings.projection.weight`, [d, 3, v.patch_size, v.patch_size])
  image.bias(`${m}.patch_embeddings.projection.bias`, [d])
  image.norm(`${m}.layernorm`, d)
  v.depths.forEach((depth, i) => {
    for (let k = 0; k < depth; k++) layerTensors(image, `${stageName(i)}.layers.${k}`, v)
  })
  const [overTokens, overChannels] = mixed(v)
  const two = (name: string, out: number, hidden: number, into: number) => {
    image.affine(`${name}.fc1`, hidden, into)
    image.affine(`${name}.fc2`, out, hidden)
  }
  stagesOf(v).forEach(({ tokens, out }, i) => {
    const [stage, block] = [stageName(i), `${stageName(i)}.downsample`]
    image.embedding(`${stage}.group_token`, [1, tokens, d])
    if (i > 0) {
      image.norm(`${stage}.group_projector.0`, d)
      two(`${stage}.group_projector.1`, tokens, overTokens, v.num_output_groups[i - 1]!)
    }
    for (const name of ['norm_tokens', 'norm_post_tokens', 'norm_x', 'norm_new_x']) image.norm(`${block}.${name}`, d)
    two(`${block}.mlp_inter`, out, overTokens, tokens)
    for (const x of ['q', 'k', 'v', 'out']) image.affine(`${block}.pre_assign_attn.attn.${x}_proj`, d, d)
    for (const name of ['norm2', 'norm_post']) image.norm(`${block}.pre_assign_attn.${name}`, d)
    two(`${block}.pre_assign_attn.mlp`, d, v.intermediate_size, d)
    for (const x of ['q_proj', 'k_proj', 'v_proj', 'proj']) image.affine(`${block}.assign.${x}`, d, d)
    two(`${block}.mlp_channels`, d, overChannels, d)
  })
  image.norm('vision_model.layernorm', d)
  for (const [part, name, into] of [
    [image, 'visual_projection', d],
    [text, 'text_projection', t.hidden_size],
  ] as const) {
    const n = c.projection_intermediate_dim
    part.affine(`${name}.0`, n, into)
    part.norm(`${name}.1`, n)
    for (const statistic of ['running_mean', 'running_var']) part.bias(`${name}.1.${statistic}`, [n])
    part.affine(`${name}.3`, c.projection_dim, n)
  }
  list.in('joint').scalar(SCALE)
  return list
}
