// One sound for what went wrong; its visible twin is the notice. Silent until the page was touched: the browser's rule.

/** @type {AudioContext | undefined} */
let audio;

export function soundError() {
  try {
    audio ??= new AudioContext();
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    tone.type = "square";
    tone.frequency.value = 220;
    volume.gain.value = 0.08;
    tone.connect(volume).connect(audio.destination);
    tone.start();
    tone.stop(audio.currentTime + 0.18);
  } catch {
    // No sound device: the notice says the same.
  }
}
