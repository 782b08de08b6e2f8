// What went wrong, for the ear: said once to those who listen, and one sound. The visible twin stands in the notice.

/** @type {AudioContext | undefined} */
let audio;

/** @param {string} text "" when it is over */
export function alarm(text) {
  const region = document.getElementById("alarm");
  if (region) region.textContent = text;
  if (text) sound();
}

/** Silent until the page was touched: the browser's rule. */
function sound() {
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
