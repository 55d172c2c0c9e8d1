import { useEffect, useRef } from 'preact/hooks'

/** Calls the action of a key, except while the person types, has a dialog open, or holds a modifier key. */
export function useKeys(keys: Record<string, () => unknown>): void {
  const latest = useRef(keys)
  latest.current = keys
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey) return
      if (document.querySelector('dialog[open]')) return
      const target = event.target as HTMLElement
      if (/^(input|textarea|select)$/i.test(target.tagName)) return
      // Enter activates a focused button or link, and arrow keys scroll a scrollable area.
      if (event.key === 'Enter' && target !== document.body) return
      if (event.key.startsWith('Arrow') && target.closest('.pane, .history, pre')) return
      const act = Object.hasOwn(latest.current, event.key) ? latest.current[event.key] : undefined
      if (!act) return
      event.preventDefault()
      act()
    }
    addEventListener('keydown', onKeyDown)
    return () => removeEventListener('keydown', onKeyDown)
  }, [])
}
