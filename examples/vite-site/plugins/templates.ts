import { drawWall } from '../src/scripts/wall.ts'
import type { Note } from './markdown.ts'

const SITE = 'Without Mortar'

interface Page {
  title: string
  description: string
  /** Where it stands, from the root. */
  path: string
  body: string
}

export function home(notes: Note[]): string {
  const seed = 7
  return layout({
    title: SITE,
    description: 'Notes on dry stone walls, and on other things that hold because their parts hold each other.',
    path: '/',
    body: `
    <section class="hero">
      <h1>Walls <em>without mortar</em></h1>
      <p class="lead">A dry stone wall is held up by nothing but its own stones: each rests on two, and touches all that touch
      it. It drains, it moves with the ground, and whoever finds a gap can close it with what lies there.</p>
      <figure>
        <svg data-wall="${seed}" viewBox="0 0 1200 340" preserveAspectRatio="xMidYMax slice" role="img" aria-label="A dry stone wall, drawn">
          ${drawWall(1200, 340, seed)}
        </svg>
        <figcaption>Every stone lies on two. <button type="button" data-again hidden>Build another</button></figcaption>
      </figure>
    </section>
    <section aria-labelledby="notes">
      <h2 id="notes">Notes</h2>
      <ol class="cards">${notes.map((note) => card(note)).join('')}</ol>
    </section>`
  })
}

export function notePage(note: Note, notes: Note[]): string {
  const at = notes.indexOf(note)
  const [newer, older] = [notes[at - 1], notes[at + 1]]
  const link = (rel: string, label: string, to: Note | undefined) =>
    to ? `<a rel="${rel}" href="/notes/${to.slug}/"><span>${label}</span> ${text(to.title)}</a>` : '<span></span>'
  return layout({
    title: `${note.title} · ${SITE}`,
    description: note.summary,
    path: `/notes/${note.slug}/`,
    body: `
    <article>
      <header>
        <p class="kicker"><time datetime="${note.date}">${day(note.date)}</time></p>
        <h1>${text(note.title)}</h1>
        <p class="lead">${text(note.summary)}</p>
      </header>
      <img class="wide" src="/images/${note.image}" alt="${text(note.alt)}" width="1440" height="640" />
      <div class="prose">${note.html}</div>
    </article>
    <nav class="turn" aria-label="Other notes">${link('prev', 'Earlier', older)}${link('next', 'Later', newer)}</nav>`
  })
}

export function about(html: string): string {
  return layout({
    title: `About · ${SITE}`,
    description: 'What this site is, and where it is.',
    path: '/about/',
    body: `
    <section class="prose">${html}</section>`
  })
}

export function notFound(): string {
  return layout({
    title: `Gap · ${SITE}`,
    description: 'There is no such page.',
    path: '/404.html',
    body: `
    <section class="prose"><h1>A gap in the wall</h1>
    <p>There is no page at this address. What fell out may lie among the <a href="/#notes">notes</a>.</p></section>`
  })
}

export function feed(notes: Note[], site: { url: string; key: string }): string {
  const base = site.url || 'https://example.org/'
  const id = (slug: string) => `tag:example.org,2026:${site.key || 'without-mortar'}/${slug}`
  const entries = notes.map(
    (note) => `  <entry>
    <title>${text(note.title)}</title>
    <link href="${base}notes/${note.slug}/"/>
    <id>${id(note.slug)}</id>
    <updated>${note.date}T00:00:00Z</updated>
    <summary>${text(note.summary)}</summary>
    <content type="html">${text(note.html)}</content>
  </entry>`
  )
  return `<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
  <title>${SITE}</title>
  <link href="${base}"/>
  <link rel="self" href="${base}feed.xml"/>
  <id>${id('')}</id>
  <updated>${notes[0]?.date ?? '2026-01-01'}T00:00:00Z</updated>
  <author><name>${SITE}</name></author>
${entries.join('\n')}
</feed>
`
}

function card(note: Note): string {
  return `
        <li><a href="/notes/${note.slug}/">
          <img src="/images/${note.image}" alt="" loading="lazy" width="1440" height="640" />
          <h3>${text(note.title)}</h3>
          <p>${text(note.summary)}</p>
          <time datetime="${note.date}">${day(note.date)}</time>
        </a></li>`
}

function layout({ title, description, path, body }: Page): string {
  const here = (href: string) => (path === href ? ' aria-current="page"' : '')
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width" />
    <title>${text(title)}</title>
    <meta name="description" content="${text(description)}" />
    <meta name="color-scheme" content="light dark" />
    <link rel="icon" href="/images/mark.svg" />
    <link rel="alternate" type="application/atom+xml" title="${SITE}" href="/feed.xml" vite-ignore />
    <link rel="stylesheet" href="/styles/site.css" />
    <script type="module" src="/scripts/main.ts"></script>
  </head>
  <body>
    <a class="skip" href="#main">To the text</a>
    <header class="top">
      <a class="name" href="/"><img src="/images/mark.svg" alt="" width="28" height="28" />${SITE}</a>
      <nav aria-label="Site"><a href="/#notes">Notes</a><a href="/about/"${here('/about/')}>About</a><a href="/feed.xml">Feed</a></nav>
    </header>
    <main id="main">${body}
    </main>
    <footer>
      <p>This site has no host. <span class="address">%SITEDRIVE_URL%</span> <button type="button" data-copy hidden>Copy its address</button></p>
    </footer>
  </body>
</html>
`
}

function day(date: string): string {
  return new Date(date).toLocaleDateString('en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' })
}

function text(value: string): string {
  return value.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
}
