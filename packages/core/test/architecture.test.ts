import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const page = readFileSync(path.join(root, 'docs/architecture.md'), 'utf8')

/** The rows of the table in a part of the page, each as its cells. */
function tableOf(heading: string): string[][] {
  const part = page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
  const rows = [...part.matchAll(/^\| (`.*) \|$/gm)].map(([, row = '']) => row.split(' | '))
  return rows.map((cells) => cells.map((cell) => cell.replace(/^`([^`]*)`$/, '$1')))
}

const foldersIn = (dir: string) =>
  readdirSync(dir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .toSorted()

/** The names of the packages that the sources in a folder import. */
function importedBy(dir: string): string[] {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => [
      ...readFileSync(path.join(dir, file), 'utf8').matchAll(/ (?:from |import\()'(@sitedrive\/[a-z-]+)/g)
    ])
    .map(([, name = '']) => name)
}

test('docs/architecture.md names each package, and those of this workspace that it depends on', () => {
  const packages = path.join(root, 'packages')
  const names = new Map<string, string>()
  const manifests = foldersIn(packages).map((folder) => {
    const file = path.join(packages, folder, 'package.json')
    const manifest = JSON.parse(readFileSync(file, 'utf8')) as {
      name: string
      dependencies?: Record<string, string>
    }
    names.set(manifest.name, folder)
    return { folder, ...manifest }
  })
  const real = manifests.map(({ folder, dependencies = {} }): [string, string[]] => [
    folder,
    // What a package is published with, as a bundle, is no dependency of it any more.
    [...new Set([...Object.keys(dependencies), ...importedBy(path.join(packages, folder, 'src'))])]
      .flatMap((name) => names.get(name) ?? [])
      .filter((other) => other !== folder) // an example in a comment
      .toSorted()
  ])
  const told = tableOf('Packages').map(([folder = '', , dependencies = '']): [string, string[]] => [
    folder,
    [...dependencies.matchAll(/[a-z-]+/g)].map(([name]) => name)
  ])
  expect(Object.fromEntries(told)).toEqual(Object.fromEntries(real))
})

test('folders of core import as the table in docs/architecture.md says: from those below them', () => {
  const source = path.join(root, 'packages/core/src')
  const order = tableOf('Folders of core').map(([folder = '']) => folder)
  expect(order.toSorted()).toEqual(foldersIn(source))
  const wrong: string[] = []
  for (const folder of order) {
    for (const file of readdirSync(path.join(source, folder))) {
      const text = readFileSync(path.join(source, folder, file), 'utf8')
      for (const [, from = ''] of text.matchAll(/(?:from |import\()'\.\.\/([a-z-]+)\//g)) {
        const isPair = [folder, from].every((each) => ['machine', 'holepunch'].includes(each))
        if (order.indexOf(from) < order.indexOf(folder) && !isPair)
          wrong.push(`${folder}/${file} imports ${from}`)
      }
    }
  }
  expect(wrong).toEqual([])
})
