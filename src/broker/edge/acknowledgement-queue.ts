import { Fifo } from '../../kernel/fifo.ts';

interface Place {
  frame: Uint8Array | undefined;
}

/** Acknowledgements leave in the order in which the messages came, each as soon as its message is safe. [MQTT-4.6.0-2] */
export class AcknowledgementQueue {
  readonly #sink: { write(frame: Uint8Array): void };
  /** Made with the first that has to wait. */
  #waiting: Fifo<Place> | undefined;
  #isHeld = false;

  constructor(sink: { write(frame: Uint8Array): void }) {
    this.#sink = sink;
  }

  /** Acknowledgements that are not sent yet. */
  get length(): number {
    return this.#waiting?.length ?? 0;
  }

  /** One that is known now may go at once. */
  get isClear(): boolean {
    return !this.#isHeld && (this.#waiting === undefined || this.#waiting.length === 0);
  }

  push(frame: Uint8Array): void {
    if (this.isClear) this.#sink.write(frame);
    else {
      this.#waiting ??= new Fifo();
      this.#waiting.push({ frame });
    }
  }

  /** Keeps a place for an acknowledgement that is not known yet. @returns takes it; called once. */
  reserve(): (frame: Uint8Array) => void {
    const place: Place = { frame: undefined };
    this.#waiting ??= new Fifo();
    this.#waiting.push(place);
    return (frame) => {
      place.frame = frame;
      this.#sendReady();
    };
  }

  /** Sends none until `release`. */
  hold(): void {
    this.#isHeld = true;
  }

  release(): void {
    this.#isHeld = false;
    this.#sendReady();
  }

  #sendReady(): void {
    if (this.#isHeld) return;
    for (let head = this.#waiting?.peek(); head?.frame !== undefined; head = this.#waiting?.peek()) {
      this.#waiting?.shift();
      this.#sink.write(head.frame);
    }
  }
}
