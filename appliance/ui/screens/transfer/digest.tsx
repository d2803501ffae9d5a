/** A digest in groups of eight, so that two people can compare it aloud. */
export function Digest({ hex }: { hex: string }) {
  const groups = hex.match(/.{1,8}/g) ?? [];
  return (
    <p class="digest" data-digest={hex}>
      {groups.map((group, i) => (
        <span key={i}>{group}</span>
      ))}
    </p>
  );
}
