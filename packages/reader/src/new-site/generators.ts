import { FAVICON, FIRST_WORDS, firstPage, STYLE } from './first-page.js'

/** What the files of a new website are made of. */
export interface NewSite {
  /** As the person typed it. */
  name: string
  /** The name of its npm package. */
  slug: string
  /** The range of sitedrive's packages. */
  sitedrive: string
}

/** One way to build a website. */
export interface Generator {
  id: string
  name: string
  /** Whom it suits, in one sentence. */
  about: string
  /** What must be there beside Node.js, and what happens next; in words. */
  next: string
  /** The text of each file, by its name; names have `/` between folders. */
  files: (site: NewSite) => Record<string, string>
}

const ELEVENTY = '^3.1.0'
const VITE = '^8.0.0'
const ELEVENTY_PLUGIN = '@sitedrive/eleventy-plugin'
const VITE_PLUGIN = '@sitedrive/vite-plugin'

export const GENERATORS: readonly Generator[] = [
  {
    id: 'eleventy',
    name: 'Eleventy',
    about: 'Pages and posts in Markdown, with layouts; no scripts in the browser.',
    next: 'The last command shows the site live, at an address that it prints. `npm run build` publishes it; the first time it makes the key of the site.',
    files: (site) => ({
      'package.json': manifest(site, {
        dev: 'eleventy --serve',
        build: 'eleventy',
        packages: { '@11ty/eleventy': ELEVENTY, [ELEVENTY_PLUGIN]: site.sitedrive }
      }),
      'eleventy.config.js': `import sitedrive from '${ELEVENTY_PLUGIN}'

export default function (eleventyConfig) {
  eleventyConfig.addPassthroughCopy('src/style.css')
  eleventyConfig.addPassthroughCopy('src/favicon.svg')
  eleventyConfig.addPlugin(sitedrive)
}

export const config = {
  dir: { input: 'src', output: '_site' }
}
`,
      'src/_data/site.json': json({ name: site.name }),
      'src/_includes/page.njk': `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="description" content="{{ site.name }}" />
    <title>{% if title %}{{ title }} · {% endif %}{{ site.name }}</title>
    <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
    <link rel="stylesheet" href="/style.css" />
  </head>
  <body>
    <header>
      <a href="/">{{ site.name }}</a>
    </header>
    <main>
      <h1>{{ title or site.name }}</h1>
      {{ content | safe }}
    </main>
  </body>
</html>
`,
      'src/index.md': `---
layout: page.njk
---

${FIRST_WORDS}
`,
      'src/style.css': STYLE,
      'src/favicon.svg': FAVICON,
      '.gitignore': ignored('_site/')
    })
  },
  {
    id: 'vite',
    name: 'Vite',
    about: 'HTML, CSS and scripts, with what npm has; for sites that do something in the browser.',
    next: 'The last command shows the site live, at an address that it prints. `npm run build` publishes it; the first time it makes the key of the site.',
    files: (site) => ({
      'package.json': manifest(site, {
        dev: 'vite',
        build: 'vite build',
        packages: { vite: VITE, [VITE_PLUGIN]: site.sitedrive }
      }),
      'vite.config.js': `import sitedrive from '${VITE_PLUGIN}'

export default {
  plugins: [sitedrive()]
}
`,
      'index.html': firstPage(site.name, '/style.css'),
      'style.css': STYLE,
      'public/favicon.svg': FAVICON,
      '.gitignore': ignored('dist/')
    })
  },
  {
    id: 'html',
    name: 'Plain HTML',
    about: 'A folder of HTML and CSS, published as it is; there is nothing to build.',
    next: 'The last command shows the folder `site` live, at an address that it prints. `npm run build` publishes it; the first time it makes the key of the site.',
    files: (site) => ({
      'package.json': manifest(site, {
        dev: 'sitedrive watch site',
        build: 'sitedrive publish site',
        packages: { sitedrive: site.sitedrive }
      }),
      'site/index.html': firstPage(site.name, '/style.css'),
      'site/style.css': STYLE,
      'site/favicon.svg': FAVICON,
      '.gitignore': ignored()
    })
  },
  {
    id: 'jekyll',
    name: 'Jekyll',
    about: 'Pages and posts in Markdown, built by Ruby; Jekyll 4 must be installed.',
    next: 'The last command shows the site live, at an address that it prints; it needs Jekyll 4. `npm run build` publishes it; the first time it makes the key of the site.',
    files: (site) => ({
      'package.json': manifest(site, {
        dev: 'jekyll-bridge serve',
        build: 'jekyll-bridge build',
        packages: { '@sitedrive/jekyll-bridge': site.sitedrive }
      }),
      // JSON is YAML, too, so whatever is in the name stands in it as a text.
      '_config.yml': `title: ${JSON.stringify(site.name)}
exclude: [package.json, package-lock.json, node_modules, sitedrive.json]
`,
      '_layouts/page.html': `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="description" content="{{ site.title | escape }}" />
    <title>{% if page.title %}{{ page.title | escape }} · {% endif %}{{ site.title | escape }}</title>
    <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
    <link rel="stylesheet" href="/style.css" />
  </head>
  <body>
    <header>
      <a href="/">{{ site.title | escape }}</a>
    </header>
    <main>
      <h1>{{ page.title | default: site.title | escape }}</h1>
      {{ content }}
    </main>
  </body>
</html>
`,
      'index.md': `---
layout: page
---

${FIRST_WORDS}
`,
      'style.css': STYLE,
      'favicon.svg': FAVICON,
      '.gitignore': ignored('_site/', '.jekyll-cache/', '.jekyll-metadata')
    })
  }
]

interface ManifestParts {
  dev: string
  build: string
  packages: Record<string, string>
}

function manifest({ slug, name }: NewSite, { dev, build, packages }: ManifestParts): string {
  return json({
    name: slug,
    version: '1.0.0',
    description: name,
    private: true,
    type: 'module',
    scripts: { dev, build },
    devDependencies: packages
  })
}

function ignored(...names: string[]): string {
  return ['node_modules/', ...names].map((name) => `${name}\n`).join('')
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}
