import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'

const PACKAGES = path.join(import.meta.dirname, '..', '..')
const FOLDERS = readdirSync(PACKAGES).filter((name) => !name.startsWith('.'))

const told = execFileSync(
  'npm',
  ['pack', '--dry-run', '--json', ...FOLDERS.map((name) => path.join(PACKAGES, name))],
  { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }
)
/** What would be published of each package, by its folder. */
const packed = new Map(
  (JSON.parse(told) as { files: { path: string }[] }[]).map(({ files }, at) => [
    FOLDERS[at],
    files.map((file) => file.path)
  ])
)

/** Where the links of a page lead, without those to the web and within the page. */
function linksOf(markdown: string): string[] {
  const withoutCode = markdown.replaceAll(/^```[^]*?^```/gm, '').replaceAll(/`[^`\n]*`/g, '')
  return [...withoutCode.matchAll(/\]\(([^)\s]+)\)|(?:href|src|srcset)="([^"]+)"/g)]
    .map(([, link, attribute]) => String(link ?? attribute).replace(/#.*/, ''))
    .filter((link) => link !== '' && !/^[a-z]+:/.test(link))
}

// npm shows a README without the repository around it, and so does who looks into node_modules.
test.each(FOLDERS)('the README of %s links nothing that is not packed with it', (folder) => {
  const links = linksOf(readFileSync(path.join(PACKAGES, folder, 'README.md'), 'utf8'))
  expect(links.filter((link) => !packed.get(folder)?.includes(path.posix.normalize(link)))).toEqual([])
})

test('the files of a service travel with the peer, the schema of sitedrive.json with the program', () => {
  expect(packed.get('peer')).toEqual(
    expect.arrayContaining(['docs/sitedrive-peer.service', 'docs/Caddyfile', 'docs/Containerfile'])
  )
  expect(packed.get('cli')).toContain('sitedrive.schema.json')
})

test.each(FOLDERS)('of %s nothing is packed that helps nobody who installs it', (folder) => {
  expect(
    packed.get(folder)?.filter((file) => /^(src|test|scripts)\/|\.map$|\.tsbuildinfo$/.test(file))
  ).toEqual([])
})
