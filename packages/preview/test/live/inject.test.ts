import { describe, expect, test } from 'vitest'
import { insertionPoint, insertTag, START_BYTES } from '../../src/live/inject.js'

const TAG = '<script></script>'

/** The page with `|` where the tag is put; as it is when there is no place. @param page with any such mark taken out first */
function marked(page: string, isXml = false): string {
  const html = Buffer.from(page.replace('|', ''))
  const at = insertionPoint(html, { isXml })
  const whole = insertTag(html, '|', isXml)
  expect(whole.indexOf('|')).toBe(at)
  return whole.toString()
}

describe('the tag of the client', () => {
  test.each([
    '<!doctype html><html><head>|<title>x</title>',
    '<!DOCTYPE html>\n<HTML lang="en">\n<HEAD prefix="og: a>b">|\n<meta charset=utf-8>',
    "<!doctype html>\n<html a='>' b =c\"d'><head/>|",
    '\ufeff<!doctype html>\n<head\tclass=a>|',
    '<!-- a > b --><!--> <!---> <!-- --!><!doctype html><!---->\r\n\f\t<html>\n<!-- <head> -->\n<head>|'
  ])('comes right after <head>: %j', (page) => expect(marked(page)).toBe(page))

  test.each([
    '|',
    '|Just text',
    ' \n |é',
    '<!doctype html>\n|<title>x</title>',
    '<!doctype html>\n<html>\n|<body class="a">',
    '<html><!-- a -->\n|<frameset>',
    '<!doctype html><html>|</head>',
    '|<header>',
    '|<htmlx><head>',
    '|< head>',
    '<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "a">|b"><head>',
    '</p></><!x></ bogus><html lang=a><html>|<p>',
    '|</body><head>'
  ])('comes where the parser makes a <head> up, never before the doctype: %j', (page) =>
    expect(marked(page)).toBe(page)
  )

  test.each([
    '<!doctype html>|<!-- never closed <head>',
    '|<!doctype html',
    '|<html lang="',
    '<html>|<head class'
  ])('comes before what ends with the page: %j', (page) => expect(marked(page)).toBe(page))

  test.each([
    '<?xml version="1.0"?><!DOCTYPE html [ <!ENTITY a "<head>"> ]>\n<!-- a --><html xmlns="http://www.w3.org/1999/xhtml"><head profile="a">|<title/>',
    '\ufeff<html xmlns="http://www.w3.org/1999/xhtml"><?a b?><head>|'
  ])('comes right after <head> in XML: %j', (page) => expect(marked(page, true)).toBe(page))

  test.each([
    '<html xmlns="http://www.w3.org/1999/xhtml"><head/><body/></html>',
    '<html xmlns="http://www.w3.org/1999/xhtml"><body/></html>',
    '<h:html xmlns:h="http://www.w3.org/1999/xhtml"><h:head></h:head></h:html>',
    '<HTML><HEAD></HEAD></HTML>',
    '<svg xmlns="http://www.w3.org/2000/svg"/>',
    'broken <head>',
    ''
  ])('is not in XML without a place for it: %j', (page) => expect(marked(page, true)).toBe(page))

  test('is not in UTF-16, which would be read as other letters', () => {
    const page = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('<html><head>', 'utf16le')])
    expect(insertTag(page, TAG)).toEqual(page)
  })

  test('leaves all other bytes as they are, whatever they mean', () => {
    const rest = Buffer.from(Array.from({ length: 256 }, (_, at) => at))
    const page = Buffer.concat([Buffer.from('<!doctype html><head>'), rest])
    const found = insertTag(page, TAG)
    expect(found.subarray(0, 21 + TAG.length).toString()).toBe(`<!doctype html><head>${TAG}`)
    expect(found.subarray(21 + TAG.length)).toEqual(rest)
  })
})

describe('the start of a large page', () => {
  test('is enough to find the place', () => {
    const start = Buffer.alloc(START_BYTES, 'x')
    start.write('<!doctype html><head>')
    expect(insertionPoint(start)).toBe(21)
  })

  test.each(['<!-- ', '<html a="', ' ', '<head', '<!doctype '])(
    'is not enough when it ends within what comes before the place: %j',
    (text) => {
      const start = Buffer.alloc(START_BYTES, ' ')
      start.write(text)
      expect(insertionPoint(start)).toBe(-1)
      expect(insertionPoint(start, { isWhole: true })).toBeGreaterThanOrEqual(0)
    }
  )

  test('may be a comment of 64 kB, behind which the place is when the page is there as a whole', () => {
    const comment = `<!--${' - > -- > <head>'.repeat(5_000)}-->`
    const page = Buffer.from(`${comment}<!doctype html><head><title>x</title>`)
    expect(insertionPoint(page, { isWhole: true })).toBe(comment.length + 21)
  })

  test('is looked at once, even if it is made to be looked at many times', () => {
    // Quadratic time would be minutes for each.
    const pieces = [
      '<!-->',
      '<!--x',
      '<!x>',
      '</x>',
      '<html a>',
      '<html a="',
      '</',
      ' ',
      '<?',
      '<!---!>',
      "<html a='>' ",
      '<html ///'
    ]
    for (const piece of pieces) {
      const page = Buffer.from(piece.repeat(2_000_000 / piece.length))
      expect(insertionPoint(page, { isWhole: true })).toBeGreaterThanOrEqual(0)
    }
  })
})
