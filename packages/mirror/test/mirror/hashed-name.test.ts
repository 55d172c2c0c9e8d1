import { hash } from 'node:crypto'
import { expect, test } from 'vitest'
import { isFingerprinted } from '../../src/mirror/hashed-name.js'

test.each([
  ['/assets/app-BK3f9xQz.js', true],
  ['/style.3f2a9c1b.css', true],
  ['/chunk-7QXT3KPA.mjs', true],
  ['/_app/start.BK3f9xQz.js.map', true],
  ['/main.8e2f4b1a9c3d.min.js', true],
  ['/_next/webpack-3f2a9c1b0d1e2f3a.js', true],
  ['/img/photo.3f2a9c1b.avif', true],
  ['/page-3f2a9c1b.html', false],
  ['/page-3f2a9c1b', false],
  ['/3f2a9c1b.css', false],
  ['/assets/index-DiwrgTda.js', true],
  ['/assets/index-Diw-_Tda.js', true],
  ['/_astro/photo.CeaZRsBk_Z1kPqd.webp', true],
  ['/img/mKNW0bVe2B-600.webp', true],
  ['/assets/guide_start.md.BK3f9xQz.lean.js', true],
  ['/_app/immutable/chunks/deadbeef.js', true],
  ['/_nuxt/builds/latest.json', false],
  ['/report-Q3FY24Final.pdf', false],
  ['/assets/report-Q3FY24Final.pdf', false],
  ['/mockup-iPhone14Pro.png', false],
  ['/assets/guide-download.pdf', false],
  ['/photo-of-a-cat.jpg', false],
  ['/report-20240131.pdf', false],
  ['/report-2024-01-31.pdf', false],
  ['/holiday-DSC00012.jpg', false],
  ['/guide-JavaScript.js', false],
  ['/jquery-3.7.1.min.js', false],
  ['/fonts/inter-semibold.woff2', false],
  ['/lib-v2beta3rc1.js', false],
  ['/BK3f9xQz/app.js', false],
  ['/app.js', false],
  ['/.hidden-3f2a9c1b.js', false]
])('%s is fingerprinted: %s', (path, expected) => {
  expect(isFingerprinted(path)).toBe(expected)
})

/** Bytes that are the same in each run. */
const digest = (n: number) => hash('sha256', String(n), 'buffer')
const base64url = (n: number, length: number) => digest(n).toString('base64url').slice(0, length)
const hex = (n: number, length: number) => digest(n).toString('hex').slice(0, length)
const base32 = (n: number) =>
  [...digest(n).subarray(0, 8)].map((byte) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[byte & 31]).join('')

const GENERATED: Record<string, (n: number) => string> = {
  vite: (n) => `/assets/index-${base64url(n, 8)}.js`,
  vitepress: (n) => `/assets/guide_start.md.${base64url(n, 8)}.lean.js`,
  rollup: (n) => `/build/app-${base64url(n, 8)}.css`,
  astro: (n) => `/_astro/page.${base64url(n, 8)}.css`,
  'astro pictures': (n) => `/_astro/photo.${base64url(n, 8)}_Z1kPqd.webp`,
  'eleventy-img': (n) => `/img/${base64url(n, 10)}-600.webp`,
  sveltekit: (n) => `/_app/immutable/chunks/${base64url(n, 8)}.js`,
  nuxt: (n) => `/_nuxt/${base64url(n, 8)}.js`,
  next: (n) => `/_next/static/chunks/117-${hex(n, 16)}.js`,
  webpack: (n) => `/main.${hex(n, 20)}.js`,
  hugo: (n) => `/css/main.min.${hex(n, 64)}.css`,
  parcel: (n) => `/index.${hex(n, 8)}.css`,
  esbuild: (n) => `/chunk-${base32(n)}.js`
}

test('more than 99 % of what generators write is recognised', () => {
  const count = 1_000
  const rates = Object.entries(GENERATED).map(([name, write]) => {
    const found = Array.from({ length: count }, (_, n) => write(n)).filter(isFingerprinted).length
    return [name, found / count] as const
  })
  for (const [name, rate] of rates) expect([name, rate > 0.97]).toEqual([name, true])
  expect(rates.reduce((sum, [, rate]) => sum + rate, 0) / rates.length).toBeGreaterThan(0.99)
})

const WORDS =
  'report final draft guide photo summer holiday invoice release version backup review design mockup banner slides meeting budget annual download tutorial handbook chapter portrait wedding project contract resume magazine recipe garden london berlin tokyo python javascript android galaxy windows ubuntu firefox docker mountain forest winter january february september october friday screenshot diagram dashboard avatar header texture gradient podcast trailer keynote workshop schedule brochure catalogue template semibold extrabold italic cyrillic'.split(
    ' '
  )
const ODD =
  'iPhone14Pro iPhone14 MacBookAir iPadMini GoPro360 PlayStation5 Xbox360 YouTube LinkedIn PostgreSQL MySQL8 Q3FY24Final Q4FY2025 H1Report2024 v2beta3rc1 RC2final ISO27001 RFC9110 DIN5008 S21Ultra PXL_2024 IMG_1234 IMG20240131 DSC00012 DSCF1234 P1010042 GOPR0123 Scan0001 Copy2final HD1080p 4K60fps mp4H264 x86_64 arm64v8 win32x64 Node20LTS ES2022 WebGL2 OAuth2Flow IPv6Guide Covid19Map G20Summit CO2Report2023 EU27Map B2BSales A320Neo B737MAX T34Tank BWV1080 Op27No2 K545Sonata 2ndEdition 21stCentury Class7b11 Grade10Math Kap12Abb3 Fig2Panel3 Vol2Issue7 Ep03Part2 S01E02 Part1of3'.split(
    ' '
  )
const capital = (word: string) => word[0]!.toUpperCase() + word.slice(1)

function* namesOfPeople(): Generator<string> {
  let n = 0
  for (const folder of ['/', '/assets/', '/files/']) {
    for (const word of WORDS) {
      for (const odd of ODD) yield `${folder}${word}${'-._'[n++ % 3]}${odd}.${['pdf', 'png', 'zip'][n % 3]}`
      for (const other of WORDS) {
        const year = 1990 + (n++ % 40)
        const forms = [other, `${other}-${word}`, `${capital(other)}${capital(word)}`, `${other}${year}`]
        const more = [
          `${year}0${1 + (n % 9)}1${n % 10}`,
          other.toUpperCase(),
          `v${n % 10}${other}`,
          `${other}_${n}`
        ]
        for (const form of [...forms, ...more]) yield `${folder}${word}-${form}.jpg`
        yield `${folder}${word}-${other}.js`
        yield `${folder}${word}-${other}-${n % 60}.css`
      }
    }
  }
}

test('less than 0.1 % of what people write is taken for a hash', () => {
  const names = [...namesOfPeople()]
  const taken = names.filter(isFingerprinted)
  expect(taken.length / names.length, taken.slice(0, 50).join(' ')).toBeLessThan(0.001)
})
