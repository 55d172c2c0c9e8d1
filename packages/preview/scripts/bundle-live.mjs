// Makes of src/live/client the one script that the pages of a preview load. The package's `build` runs it, and so do tests.
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const outfile = path.join(root, 'dist/live/live.js')

// The client calls idiomorph in one way: with two parsed elements, `outerHTML`, and callbacks; it keeps focus and form input
// by itself, and has heads morphed like everything else. What is there for other callers is more than a third of idiomorph,
// and every page of a preview would load it. These functions get the body that remains of them in that one case.
const SIMPLER = {
  morph: `const newNode = normalizeParent(newContent)
    const ctx = createMorphContext(oldNode, newNode, config)
    morphOuterHTML(ctx, oldNode, newNode)
    ctx.pantry.remove()`,
  morphNode: `if (ctx.callbacks.beforeNodeMorphed(oldNode, newContent) === false) return
    morphAttributes(oldNode, newContent, ctx)
    morphChildren(ctx, oldNode, newContent)`,
  createMorphContext: `const doc = oldNode.ownerDocument
    return {
      ...createIdMaps(oldNode, newContent),
      callbacks: { ...defaults.callbacks, ...config.callbacks },
      target: oldNode,
      doc,
      pantry: createPantry(doc),
      activeElementAndParents: createActiveElementAndParents(oldNode, doc)
    }`,
  normalizeParent: 'return new SlicedParentNode(newContent)',
  normalizeElement: '',
  mergeDefaults: '',
  parseContent: '',
  saveAndRestoreFocus: '',
  withHeadBlocking: '',
  handleHeadElement: '',
  syncInputValue: '',
  syncBooleanAttribute: '',
  ignoreValueOfActiveElement: 'return false',
  ignoreAttribute: 'return ctx.callbacks.beforeAttributeUpdated(attr, element, updateType) === false'
}

/** What it does with heads when nobody says otherwise. */
const HEAD_DEFAULTS = /^ {4}head: \{\n {6}style: "merge",[^]*?^ {4}\},\n/m

/** Names that are used within the script only. */
const PRIVATE =
  /^(idMap|persistentIds|pantry|callbacks|activeElementAndParents|(before|after)Node\w+|beforeAttributeUpdated|afterHeadMorphed|morphStyle|(realParent|original)Node|__idiomorphRoot|restoreFocus|ignoreActive|ignoreActiveValue|newContent|should\w+|(template|head|input|option|textArea)?[eE]lement|elt|defaults|morph|config|doc|liveOf|isWhole|found)$/

/** Fails when a newer idiomorph has other functions; then its changes are to be read. */
const simplerIdiomorph = {
  name: 'simpler-idiomorph',
  setup(bundle) {
    bundle.onLoad({ filter: /idiomorph\.esm\.js$/ }, async ({ path: file }) => {
      let contents = await readFile(file, 'utf8')
      if (!HEAD_DEFAULTS.test(contents)) throw changed('HEAD_DEFAULTS')
      contents = contents.replace(HEAD_DEFAULTS, '')
      for (const [name, body] of Object.entries(SIMPLER)) contents = withBody(contents, name, body)
      return { contents, loader: 'js' }
    })
  }
}

function withBody(source, name, body) {
  const head = source.match(new RegExp(`function ${name}\\([^)]*\\) {`))
  if (!head) throw changed(name)
  const start = head.index + head[0].length
  let end = start
  // Braces come in pairs in its strings and comments, too.
  for (let depth = 1; depth > 0; end++) depth += source[end] === '{' ? 1 : source[end] === '}' ? -1 : 0
  return `${source.slice(0, start)}${body}${source.slice(end - 1)}`
}

function changed(name) {
  return new Error(`idiomorph is another one: it has no \`${name}\`. See scripts/bundle-live.mjs.`)
}

export default async function bundleLive() {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ['src/live/client/live.ts'],
    outfile,
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2022',
    // idiomorph warns of duplicate ids; a site's console is the site's.
    drop: ['console'],
    legalComments: 'none',
    charset: 'utf8',
    mangleProps: PRIVATE,
    plugins: [simplerIdiomorph],
    write: false
  })
  // Whole or not at all: servers of other tests may be reading it.
  await mkdir(path.dirname(outfile), { recursive: true })
  const temporary = `${outfile}.${process.pid}`
  await writeFile(temporary, outputFiles[0].contents)
  await rename(temporary, outfile)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundleLive()
