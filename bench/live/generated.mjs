// The author's machine with a generator on a site of real size: `eleventy --serve` with the plugin, or `jekyll-bridge serve`. Edits
// its first page when it is told to, and tells when the generator said that it is done.
import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { now } from './site.mjs'

const [root, generator, bootstrap] = process.argv.slice(2)
const packages = fileURLToPath(new URL('../../packages/', import.meta.url))
const POSTS = 400
const IMAGES = 200
const TOPICS = 20

const project = path.join(root, 'project')
const write = (file, content) => {
  mkdirSync(path.dirname(path.join(project, file)), { recursive: true })
  writeFileSync(path.join(project, file), content)
}

const paragraph =
  'Words that stand for words, **some of them** louder, and [one](/) that leads away. '.repeat(8)
const article = (n) =>
  Array.from({ length: 8 }, (_, at) => `## Part ${at} of ${n}\n\n${paragraph}\n`).join('\n')
const dateOf = (n) => new Date(Date.UTC(2020, 0, 1 + n * 3)).toISOString().slice(0, 10)
const layout = (list, content) => `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>{{ title }}</title><link rel="stylesheet" href="/style.css"><link rel="icon" href="data:,"></head>
<body><nav>${list}</nav><main>${content}</main></body>
</html>
`
const first = (text) =>
  `---\nlayout: page${generator === 'eleventy' ? '.liquid' : ''}\ntitle: First\npermalink: /index.html\n---\n<h1 id="text">${text}</h1>\n\n${article('first')}`

const GENERATORS = {
  eleventy: {
    done: /\[11ty\] (?:Copied|Wrote) [^\n]* in /,
    ready: /Server at /,
    command: [
      path.join(packages, 'eleventy-plugin/node_modules/@11ty/eleventy/cmd.cjs'),
      '--serve',
      '--port=0'
    ],
    make() {
      write('package.json', '{ "private": true, "type": "module" }')
      write(
        'eleventy.config.js',
        `import sitedrive from ${JSON.stringify(path.join(packages, 'eleventy-plugin/dist/index.js'))}
export default (config) => {
  config.addPlugin(sitedrive)
  config.addPassthroughCopy('images')
  config.addPassthroughCopy('style.css')
}
`
      )
      const newest =
        '{% for post in collections.posts reversed limit: 20 %}<a href="{{ post.url }}">{{ post.data.title }}</a>{% endfor %}'
      write('_includes/page.liquid', layout(newest, '{{ content }}'))
      write('posts/posts.json', '{ "layout": "page.liquid", "tags": ["posts"] }')
      write(
        'feed.liquid',
        `---\npermalink: /feed.xml\n---\n<feed>{% for post in collections.posts reversed limit: 20 %}<entry><title>{{ post.data.title }}</title></entry>{% endfor %}</feed>\n`
      )
      for (let n = 0; n < POSTS; n++)
        write(
          `posts/post-${n}.md`,
          `---\ntitle: Post ${n}\ndate: ${dateOf(n)}\ntopic: ${n % TOPICS}\n---\n${article(n)}`
        )
    }
  },
  jekyll: {
    done: /done in [\d.]+ seconds/,
    ready: /Auto-regeneration: enabled/,
    command: [path.join(packages, 'jekyll-bridge/dist/bridge-main.js'), 'serve'],
    make() {
      write('_config.yml', 'title: A site\nexclude: [package.json]\n')
      const newest =
        '{% for post in site.posts limit: 20 %}<a href="{{ post.url }}">{{ post.title }}</a>{% endfor %}'
      write('_layouts/page.html', layout(newest, '{{ content }}').replace('{{ title }}', '{{ page.title }}'))
      write(
        'feed.xml',
        `---\n---\n<feed>{% for post in site.posts limit: 20 %}<entry><title>{{ post.title }}</title></entry>{% endfor %}</feed>\n`
      )
      for (let n = 0; n < POSTS; n++)
        write(`_posts/${dateOf(n)}-post-${n}.md`, `---\nlayout: page\ntitle: Post ${n}\n---\n${article(n)}`)
    }
  }
}

const { make, command, done, ready } = GENERATORS[generator]
const page = generator === 'eleventy' ? 'first.md' : 'index.md'
make()
write('style.css', 'body { color: black }')
for (let n = 0; n < IMAGES; n++) write(`images/${n}.png`, Buffer.alloc(50_000, n))
write(page, first('first'))

const child = spawn(process.execPath, command, {
  cwd: project,
  env: { ...process.env, SITEDRIVE_HOME: path.join(root, 'home'), SITEDRIVE_BOOTSTRAP: bootstrap, CI: '' },
  stdio: ['ignore', 'pipe', 'pipe']
})
let output = ''
/** Of the edit that the generator works on. */
let text = null
for (const stream of [child.stdout, child.stderr])
  stream.setEncoding('utf8').on('data', (part) => {
    const at = now()
    output += part
    if (process.env.BENCH_DEBUG) process.stderr.write(`${at.toFixed(0)} ${part}`)
    if (text === null || !done.test(part)) return
    process.send({ kind: 'written', text, writtenAt: at, updatedAt: at, cpuMs: 0 })
    text = null
  })
child.once('close', (code) => code && console.error(output))
while (![/Live preview: \S/, /sitedrive preview '\S/, ready].every((mark) => mark.test(output)))
  await pause(50)
process.send({
  kind: 'ready',
  url: /Live preview: (\S+)/.exec(output)[1],
  link: /sitedrive preview '(\S+)'/.exec(output)[1]
})

process.on('message', (message) => {
  ;({ text } = message)
  write(page, first(text))
})
process.on('disconnect', () => {
  child.once('close', () => process.exit())
  child.kill('SIGINT')
})
