import { useEffect, useRef, useState } from 'preact/hooks'
import type { ReviewAnswer } from '../api.js'
import { type Group, type Item } from './items.js'
import { bytes, plural } from './words.js'

interface ChangeListProps {
  review: ReviewAnswer
  groups: Group[]
  selected: Item | null
  isNoiseOpen: boolean
  onNoise: (isOpen: boolean) => void
  onOpen: (item: Item | null) => void
}

/** So many rows are made at first, and so many more whenever the end of the list comes near. */
const ROWS_FIRST = 120
const ROWS_MORE = 240

export function ChangeList({ review, groups, selected, isNoiseOpen, onNoise, onOpen }: ChangeListProps) {
  const [rows, setRows] = useState(ROWS_FIRST)
  const list = useRef<HTMLElement>(null)
  const at = placeOf(groups, selected)
  const wanted = Math.max(rows, at + 20)

  useEffect(() => {
    const row = list.current?.querySelector<HTMLElement>('[aria-current="true"]')
    row?.scrollIntoView({ block: 'nearest' })
    // Whoever walks through the list by keyboard is where the mark is.
    if (list.current?.contains(document.activeElement)) row?.focus({ preventScroll: true })
  }, [selected?.change.path])

  let left = wanted
  return (
    <nav class="list" aria-label="Changes" ref={list}>
      <button
        type="button"
        class="row overview-row"
        aria-current={selected === null ? 'true' : undefined}
        onClick={() => onOpen(null)}
      >
        <span class="name">Overview</span>
        {review.findings.length > 0 && (
          <span
            class={`badge ${review.findings.some(({ level }) => level === 'error') ? 'bad' : 'warn'}`}
            title={`${plural(review.findings.length, 'thing')} to look at before you publish`}
          >
            {review.findings.length}
            <span class="hidden"> to look at</span>
          </span>
        )}
        <span class="place">{inShort(review)}</span>
      </button>
      {groups.map((group) => {
        const isNoise = group.id === 'noise'
        const shown = isNoise && !isNoiseOpen ? [] : group.items.slice(0, Math.max(0, left))
        left -= shown.length
        return (
          <section key={group.id} class={isNoise ? 'group noise' : 'group'}>
            <h2>
              {isNoise ? (
                <button type="button" aria-expanded={isNoiseOpen} onClick={() => onNoise(!isNoiseOpen)}>
                  {group.title} <Count of={group.items.length} />
                </button>
              ) : (
                <>
                  {group.title} <Count of={group.items.length} />
                </>
              )}
            </h2>
            <ul>
              {shown.map((item) => (
                <Row key={item.change.path} item={item} isSelected={item === selected} onOpen={onOpen} />
              ))}
            </ul>
          </section>
        )
      })}
      {left <= 0 && <More onNear={() => setRows(wanted + ROWS_MORE)} />}
    </nav>
  )
}

/** What the overview would say; on a phone it is not in sight beside the list. */
function inShort({ now, counts: { added, changed, removed }, last }: ReviewAnswer): string {
  if (!now) return 'Waiting for the first build'
  const count = added + changed + removed
  if (count === 0) return 'Nothing to publish'
  return last ? `${plural(count, 'file')} to publish` : `The first publish, ${plural(count, 'file')}`
}

const MARKS = {
  add: { sign: '+', word: 'new' },
  change: { sign: '~', word: 'changed' },
  remove: { sign: '−', word: 'removed' }
}

function Row({
  item,
  isSelected,
  onOpen
}: {
  item: Item
  isSelected: boolean
  onOpen: (item: Item) => void
}) {
  const { change, name, place } = item
  const { sign, word } = MARKS[change.op]
  return (
    <li>
      <button
        type="button"
        class="row"
        aria-current={isSelected ? 'true' : undefined}
        onClick={() => onOpen(item)}
      >
        <span class={`mark ${change.op}`} role="img" aria-label={word}>
          {sign}
        </span>
        <span class="name">{name}</span>
        {item.kind === 'file' && <span class="size">{bytes(change.bytes)}</span>}
        {place !== '' && <span class="place">{place}</span>}
        {change.noise !== null && <span class="place">{change.noise}</span>}
      </button>
    </li>
  )
}

function Count({ of }: { of: number }) {
  return <span class="count">{of.toLocaleString('en')}</span>
}

/** Calls back when it comes into sight. */
function More({ onNear }: { onNear: () => void }) {
  const place = useRef<HTMLParagraphElement>(null)
  const latest = useRef(onNear)
  latest.current = onNear
  useEffect(() => {
    const observer = new IntersectionObserver(
      (entries) => entries.some(({ isIntersecting }) => isIntersecting) && latest.current(),
      { rootMargin: '600px' }
    )
    if (place.current) observer.observe(place.current)
    return () => observer.disconnect()
  })
  return (
    <p class="more" ref={place}>
      More below…
    </p>
  )
}

function placeOf(groups: readonly Group[], selected: Item | null): number {
  if (!selected) return -1
  let before = 0
  for (const { items } of groups) {
    const at = items.indexOf(selected)
    if (at >= 0) return before + at
    before += items.length
  }
  return -1
}
