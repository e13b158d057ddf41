/** Downloading a model from a server that speaks the hub's API, with everything that goes wrong on the way. */
import fs from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { DashiError } from '#shared/errors.ts'
import type { HubPlan } from '#shared/model/hub.ts'
import type { HubPlace } from '../../../src-main/app/context.ts'
import { download } from '../../../src-main/app/hub/download.ts'
import { planOf } from '../../../src-main/app/hub/plan.ts'
import { checkpointsIn } from '../../../src-main/app/merging/model-folders.ts'
import { openModel } from '../../../src-main/engine/models/index.ts'
import { temporaryFolder } from '../../helpers/pictures.ts'
import { cutAfter, FakeHub, gitSha1, send, sha256, type FakeModel } from './fake-hub.ts'
import { COMMIT, placeIn, tinyClip } from './shelf-of.ts'

const NAME = 'lab/tiny-clip'
const WEIGHTS = 'model.safetensors'
let dir: string
let hub: FakeHub
let model: FakeModel
let place: HubPlace
beforeEach(async () => {
  dir = temporaryFolder()
  hub = await FakeHub.start()
  model = tinyClip()
  hub.models.set(NAME, model)
  place = placeIn(dir, hub)
})
afterEach(async () => {
  vi.restoreAllMocks()
  await hub.close()
})

const never = new AbortController().signal
const plan = (name = NAME, revision?: string) => planOf(place, { name, revision }, never)
const told: [number, number][] = []
async function fetched(of?: HubPlan, signal = never) {
  const { name, commit, licence } = of ?? (await plan())
  told.length = 0
  return download(place, { name, commit, licence }, { signal, onProgress: (done, total) => void told.push([done, total]) })
}
const folder = () => path.join(dir, 'models', 'lab', 'tiny-clip')
const weights = () => model.files[WEIGHTS] as Buffer
const stored = () => {
  const store = path.join(dir, 'models', '.downloads')
  return fs.existsSync(store) ? fs.readdirSync(store, { recursive: true }).map((at) => path.basename(String(at))) : []
}
const expectWhole = () => expect(weights().equals(fs.readFileSync(path.join(folder(), WEIGHTS)))).toBe(true)
/** Nothing that a list of models would show. */
const nothingThere = () => {
  expect(fs.existsSync(folder())).toBe(false)
  expect(checkpointsIn([path.join(dir, 'models')])).toEqual([])
}

describe('the plan', () => {
  test('says what it would bring, how large it is, its licence and what Dashi can do with it, before anything is downloaded', async () => {
    const { hashed, token, ...shown } = await plan()
    expect([hashed.length > 0, token]).toEqual([true, null])
    const wanted = Object.keys(model.files).filter((name) => !/\.(bin|py)$|\//.test(name))
    expect(shown).toMatchObject({ name: NAME, endpoint: hub.endpoint, commit: COMMIT, licence: 'apache-2.0', gated: false, family: 'CLIP' })
    expect(shown).toMatchObject({ can: ['embedImage', 'embedText', 'segment'], problem: null, there: false, held: 0, folder: folder() })
    expect(shown.files.map((f) => f.path).sort()).toEqual(wanted.sort())
    expect(shown.bytes).toBe(wanted.reduce((sum, name) => sum + model.files[name]!.byteLength, 0))
    nothingThere()
  })

  test('tells what is missing: weights that could run code, no configuration, a kind of model that Dashi does not know', async () => {
    const why = async (files: Record<string, Uint8Array>) => {
      hub.models.set('lab/other', { commit: COMMIT, files })
      return (await plan('lab/other')).problem?.code
    }
    const config = Buffer.from('{"model_type":"clip"}')
    expect(await why({ 'config.json': config, 'pytorch_model.bin': Buffer.from('x') })).toBe('hub.no-safetensors')
    expect(await why({ [WEIGHTS]: weights() })).toBe('hub.no-config')
    expect(await why({ 'config.json': Buffer.from('{"model_type":"bert"}'), [WEIGHTS]: weights() })).toBe('hub.unsupported')
    const shards = { 'config.json': config, 'model-00001-of-00002.safetensors': weights() }
    const index = { weight_map: { a: 'model-00001-of-00002.safetensors', b: 'model-00002-of-00002.safetensors' } }
    expect(await why({ ...shards, 'model.safetensors.index.json': Buffer.from(JSON.stringify(index)) })).toBe('hub.shard-missing')
  })

  test.each(['../../evil.json', 'a/../../b.json', '/etc/passwd', 'C:\\x.json', 'sub\\x.json', 'con.json', 'x\u0000.json'])(
    'refuses a listing with the path %j as a whole',
    async (rfilename) => {
      model.listed = [{ rfilename, size: 1, blobId: gitSha1(Buffer.from('x')) }]
      await expect(plan()).rejects.toThrow(/unsafe name/)
      nothingThere()
    },
  )

  test('takes no file without a hash', async () => {
    model.listed = [{ rfilename: 'extra.json', size: 3 }]
    await expect(plan()).rejects.toThrow('extra.json: comes without a hash')
  })

  test('of an unknown model, an unknown revision, and without a network', async () => {
    await expect(plan('lab/none')).rejects.toThrow(/no such model on http.*private one/)
    await expect(plan(NAME, 'v9')).rejects.toThrow('lab/tiny-clip: no revision v9')
    place = { ...place, env: { ...place.env, HF_HUB_OFFLINE: '1' } }
    await expect(plan()).rejects.toThrow(/HF_HUB_OFFLINE is set/)
    place = placeIn(dir, { endpoint: 'http://127.0.0.1:9' })
    await expect(plan()).rejects.toThrow(/cannot be reached \(.*models that are here can be used without a network/)
    place = placeIn(dir, { endpoint: 'ftp://x' })
    await expect(plan()).rejects.toThrow(/HF_ENDPOINT: expected/)
    for (const name of ['../x', 'a/b/c', 'a--b', 'a/..', '.x', 'x.git']) await expect(plan(name)).rejects.toThrow(/organisation\/name/)
  })

  test('follows a renamed model', async () => {
    hub.meet('lab/old-name', 9, (response, request) =>
      response.writeHead(307, { location: request.url!.replace('lab/old-name', NAME) }).end(),
    )
    expect(await plan('lab/old-name')).toMatchObject({ commit: COMMIT, family: 'CLIP' })
  })
})

describe('a download', () => {
  test('is a model afterwards, with its model card, and says where it came from', async () => {
    expect(await fetched()).toMatchObject({ name: NAME, folder: folder() })
    const opened = await openModel(folder())
    opened.close()
    for (const name of ['pytorch_model.bin', 'modeling.py', 'onnx']) expect(fs.existsSync(path.join(folder(), name)), name).toBe(false)
    for (const { path: name } of (await plan()).files)
      expect(fs.readFileSync(path.join(folder(), name)).equals(model.files[name]!), name).toBe(true)
    expect(JSON.parse(fs.readFileSync(path.join(folder(), '.dashi-hub.json'), 'utf8'))).toMatchObject({ name: NAME, commit: COMMIT })
    expect(checkpointsIn([path.join(dir, 'models')]).map((m) => m.name)).toEqual([NAME])
    expect(stored()).toEqual([])
    expect(told.at(-1)).toEqual([told[0]![1], told[0]![1]])
    const requests = hub.seen.length
    expect(await fetched()).toMatchObject({ folder: folder() }) // there already
    expect(hub.asked(WEIGHTS)).toHaveLength(1)
    expect(hub.seen.length - requests).toBeLessThan(6)
  })

  test('of another revision lies beside the first, whose runs keep what they were trained from', async () => {
    await fetched()
    model.commit = 'd'.repeat(40)
    model.files = { ...model.files, LICENSE: Buffer.from('Apache License 2') }
    expect((await fetched()).folder).toBe(`${folder()}@dddddddd`)
    expect(checkpointsIn([path.join(dir, 'models')])).toHaveLength(2)
  })

  test('that was cut goes on where it stopped, if the server still has the same file', async () => {
    hub.meet(WEIGHTS, 2, cutAfter(weights(), 1000, `"${sha256(weights()).slice(0, 32)}"`), 'cdn')
    await fetched()
    const asked = hub.asked(WEIGHTS)
    // The second was cut at the same place, having begun from the start, as the fault serves it.
    expect(asked.map((s) => s.range)).toEqual([undefined, 'bytes=1000-', 'bytes=1000-'])
    expect(asked[2]!.ifRange).toBe(`"${sha256(weights()).slice(0, 32)}"`)
    expectWhole()
  })

  test('that is cut again and again says so, keeps what came, and is no model; the next one fetches the rest only', async () => {
    hub.meet(WEIGHTS, 3, cutAfter(weights(), 1000, `"${sha256(weights()).slice(0, 32)}"`), 'cdn')
    await expect(fetched()).rejects.toThrow(/model\.safetensors: the connection to 127.* was cut again and again/)
    nothingThere()
    expect(stored()).toContain(`${sha256(weights())}.part`)
    expect((await plan()).held).toBeGreaterThanOrEqual(1000)
    hub.seen.length = 0
    await fetched()
    expect(hub.asked(WEIGHTS).map((s) => s.range)).toEqual(['bytes=1000-'])
    expectWhole()
  })

  test('begins a file anew where the server ignores ranges', async () => {
    hub.meet(WEIGHTS, 1, cutAfter(weights(), 1000), 'cdn')
    hub.meet(WEIGHTS, 1, (response) => response.writeHead(200, { 'content-length': weights().byteLength }).end(weights()), 'cdn')
    await fetched()
    expectWhole()
  })

  test('begins a file anew where its entity tag has changed, whether or not the server heeds If-Range', async () => {
    hub.meet(WEIGHTS, 1, cutAfter(weights(), 1000, '"old"'), 'cdn')
    await fetched() // heeds it: 200
    expect(hub.asked(WEIGHTS).map((s) => s.ifRange)).toEqual([undefined, '"old"'])
    fs.rmSync(folder(), { recursive: true })
    hub.seen.length = 0
    hub.faults = []
    hub.meet(WEIGHTS, 1, cutAfter(Buffer.alloc(weights().byteLength), 1000, '"old"'), 'cdn')
    const heedless = (response: Parameters<typeof send>[3], request: Parameters<typeof send>[2]) => {
      delete request.headers['if-range']
      send(weights(), '"new"', request, response)
    }
    hub.meet(WEIGHTS, 2, heedless, 'cdn')
    await fetched()
    expect(hub.asked(WEIGHTS).map((s) => s.range)).toEqual([undefined, 'bytes=1000-', undefined])
    expectWhole()
  })

  test('tries once more where the content is not that of the listing, then says which file it is and keeps nothing of it', async () => {
    const wrong = Buffer.from(weights())
    wrong[wrong.length - 1]! ^= 1
    const lie = (response: Parameters<typeof send>[3]) => response.writeHead(200, { 'content-length': wrong.length }).end(wrong)
    hub.meet(WEIGHTS, 1, lie, 'cdn')
    await fetched()
    fs.rmSync(folder(), { recursive: true })
    hub.meet(WEIGHTS, 2, lie, 'cdn')
    await expect(fetched()).rejects.toThrow(new RegExp(`model\\.safetensors: what came is not the file.*${sha256(weights()).slice(0, 12)}`))
    nothingThere()
    expect((await plan()).held).toBeLessThan(weights().byteLength)
    fs.rmSync(path.join(dir, 'models'), { recursive: true })
    hub.meet('tokenizer.json', 2, (response) => response.end('x'.repeat(model.files['tokenizer.json']!.byteLength)))
    await expect(fetched()).rejects.toThrow('tokenizer.json: what came is not the file of the listing')
    hub.meet('tokenizer.json', 1, (response) => response.end('x'.repeat(model.files['tokenizer.json']!.byteLength + 1)))
    await expect(fetched()).rejects.toThrow('tokenizer.json: expected')
    nothingThere()
  })

  test('waits as a busy server asks it to, and says so where that is too long', async () => {
    const busy = (headers: Record<string, string>) => (response: Parameters<typeof send>[3]) => response.writeHead(429, headers).end()
    const began = Date.now()
    hub.meet('LICENSE', 1, busy({ 'retry-after': '1' }))
    await fetched()
    expect(Date.now() - began).toBeGreaterThanOrEqual(990)
    fs.rmSync(folder(), { recursive: true })
    hub.meet('/api/', 1, busy({ ratelimit: '"api";r=0;t=3600' }))
    await expect(plan()).rejects.toThrow(/too many requests; it asks to wait 3601 s/)
    hub.meet('LICENSE', 2, (response) => response.writeHead(503).end())
    await fetched()
  })

  test('takes a connection on which nothing comes for cut', async () => {
    place = placeIn(dir, hub, {}, { stall: 80 })
    hub.meet(WEIGHTS, 1, (response) => void response.writeHead(200).write(weights().subarray(0, 500)), 'cdn')
    await fetched()
    expect(hub.asked(WEIGHTS).map((s) => s.range)).toEqual([undefined, 'bytes=500-'])
    expectWhole()
  })

  test('does not wait for the end of an answer whose content is whole, and stops at once where it is cancelled in the middle', async () => {
    place = placeIn(dir, hub, {}, { stall: 60_000 })
    hub.meet(WEIGHTS, 1, (response) => void response.writeHead(200).write(weights()), 'cdn')
    await fetched()
    expectWhole()
    fs.rmSync(folder(), { recursive: true })
    const stop = new AbortController()
    hub.meet(WEIGHTS, 1, (response) => void response.writeHead(200).write(weights().subarray(0, 10), () => stop.abort()), 'cdn')
    await expect(fetched(undefined, stop.signal)).rejects.toMatchObject({ fault: 'cancelled' })
  })

  test('that is cancelled stops, and goes on later', async () => {
    const stop = new AbortController()
    hub.meet(
      WEIGHTS,
      1,
      (response) => response.writeHead(200).write(weights().subarray(0, 700), () => setTimeout(() => stop.abort(), 30)),
      'cdn',
    )
    const cancelledThen = await fetched(undefined, stop.signal).catch((e: unknown) => e)
    expect(cancelledThen).toMatchObject({ fault: 'cancelled' })
    nothingThere()
    await fetched()
    expect(hub.asked(WEIGHTS).at(-1)!.range).toBe('bytes=700-')
    expectWhole()
  })

  test('a full disk is said before it begins, and while it runs, and what came is kept', async () => {
    const agreed = await plan()
    vi.spyOn(fs, 'statfsSync').mockReturnValue({ bavail: 10, bsize: 512, blocks: 100 } as fs.StatsFs)
    await expect(fetched(agreed)).rejects.toThrow(/models: \d+ MB more are needed, 1 MB are free/)
    expect(hub.asked(WEIGHTS)).toEqual([])
    vi.restoreAllMocks()
    const { write } = fs
    let full = false
    vi.spyOn(fs, 'write').mockImplementation(((...args: unknown[]) => {
      const done = args.at(-1) as (e: Error | null, n?: number) => void
      if (full) return done(Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' }))
      full = true
      return (write as (...all: unknown[]) => void)(...args)
    }) as typeof fs.write)
    await expect(fetched(agreed)).rejects.toThrow(/the disk is full; what arrived is kept/)
    vi.restoreAllMocks()
    nothingThere()
    await fetched(agreed)
    expectWhole()
  })

  test('is refused where the licence is not the one that was agreed to', async () => {
    const agreed = await plan()
    model.licence = 'cc-by-nc-4.0'
    await expect(fetched(agreed)).rejects.toThrow('its licence is now cc-by-nc-4.0, not apache-2.0')
    nothingThere()
  })

  test('of one model runs once at a time; a lock whose process is gone counts for nothing', async () => {
    const agreed = await plan()
    const both = await Promise.allSettled([fetched(agreed), fetched(agreed)])
    expect(both.map((r) => r.status).sort()).toEqual(['fulfilled', 'rejected'])
    expect((both.find((r) => r.status === 'rejected') as PromiseRejectedResult).reason).toBeInstanceOf(DashiError)
    fs.rmSync(folder(), { recursive: true })
    const store = path.join(dir, 'models', '.downloads', 'lab--tiny-clip')
    fs.mkdirSync(store, { recursive: true })
    fs.writeFileSync(path.join(store, 'lock'), '999999999')
    await fetched(agreed)
  })
})

describe('a token', () => {
  test('goes to the hub and to no other address', async () => {
    model.tokens = ['hf_abcdefgh']
    model.gated = true
    place = placeIn(dir, hub, { HF_TOKEN: 'hf_abcdefgh' })
    await fetched()
    expect(hub.seen.some((s) => s.at === 'cdn')).toBe(true)
    for (const { at, authorization } of hub.seen) expect(authorization).toBe(at === 'hub' ? 'Bearer hf_abcdefgh' : undefined)
  })

  test('that is missing, has no access, or is wrong, is said with the page where to get it', async () => {
    model.tokens = ['hf_abcdefgh']
    await expect(plan()).rejects.toThrow(`its terms have to be accepted first: sign in at ${hub.endpoint}/${NAME}`)
    place = placeIn(dir, hub, { HF_TOKEN: 'hf_somebody' })
    await expect(plan()).rejects.toThrow('the account of the token given has no access')
    hub.meet('/api/', 1, (response) => response.writeHead(401, { 'x-error-message': 'Invalid credentials in Authorization header' }).end())
    await expect(plan()).rejects.toThrow(/does not accept the token/)
  })

  test('is not sent over http to another machine, and no redirect leads from the web to a file', async () => {
    place = placeIn(dir, { endpoint: 'http://hub.example' }, { HF_TOKEN: 'hf_abcdefgh' })
    await expect(plan()).rejects.toThrow('a token is only sent over https')
    place = placeIn(dir, hub)
    hub.meet('/api/', 1, (response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end())
    await expect(plan()).rejects.toThrow(/not a safe address/)
    hub.meet('/api/', 99, (response, request) => response.writeHead(302, { location: request.url! }).end())
    await expect(plan()).rejects.toThrow(/redirects lead nowhere/)
  })
})
