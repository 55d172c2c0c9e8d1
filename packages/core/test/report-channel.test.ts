import { readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import type { PublishReport } from '../src/outcome/report-channel.js'
import { codeOfRejection, Workshop } from './support/workshop.js'

function reports(file: string): PublishReport[] {
  return readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as PublishReport)
}

describe('SITEDRIVE_REPORT', () => {
  test('is a file that a publish tells of its progress and its outcome, beside whoever called it', async () => {
    const shop = new Workshop({ 'a.html': 'a', 'b.html': 'b' })
    const file = path.join(shop.root, 'report')
    const heard: string[] = []
    const env = { ...shop.env, SITEDRIVE_REPORT: file }
    const { release } = await shop.publish({ env, onProgress: ({ phase }) => heard.push(phase) })
    const said = reports(file)
    expect(new Set(said.map(({ projectDir }) => projectDir))).toEqual(new Set([shop.projectDir]))
    const phases = said.flatMap((report) => (report.kind === 'progress' ? [report.progress.phase] : []))
    expect(new Set(phases)).toEqual(new Set(['write', 'index']))
    expect(heard).toContain('index')
    expect(said.at(-1)).toMatchObject({
      kind: 'outcome',
      status: 'published',
      outcome: { release, added: 2 }
    })
  })

  test('is told why nothing was published', async () => {
    const shop = new Workshop()
    const file = path.join(shop.root, 'report')
    const env = { ...shop.env, SITEDRIVE_REPORT: file }
    expect(await codeOfRejection(shop.publisher({ env }).publish(shop.dir))).toBe('DIR_EMPTY')
    expect(reports(file)).toMatchObject([{ kind: 'error', code: 'DIR_EMPTY' }])
    rmSync(file)
    shop.write({ 'a.html': 'a' })
    await shop.publisher({ env, publish: false }).publish(shop.dir)
    expect(reports(file)).toMatchObject([
      { kind: 'outcome', status: 'skipped', outcome: { skipped: { reason: 'off' } } }
    ])
  })

  test('keeps no publish from being done when it cannot be written', async () => {
    const shop = new Workshop({ 'a.html': 'a' })
    const env = { ...shop.env, SITEDRIVE_REPORT: path.join(shop.root, 'no/such/folder') }
    expect(await shop.publish({ env })).toMatchObject({ release: 1 })
  })
})
