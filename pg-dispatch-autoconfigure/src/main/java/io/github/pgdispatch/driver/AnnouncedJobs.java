package io.github.pgdispatch.driver;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Counts the jobs that were announced to the workers of a node and those that the workers
 * have seen, and estimates when a worker looks at the queue again. Not thread-safe.
 */
final class AnnouncedJobs {

	/**
	 * Time until a worker that runs a quick job looks at the queue again. A worker that
	 * does not look by then runs a slow job, and another worker has to look.
	 */
	private static final Duration NEXT_LOOK = Duration.ofMillis(5);

	/**
	 * The same time for a worker that runs chunks. The last chunk may begin at the end of
	 * its slice, and large chunks take ten milliseconds.
	 */
	private static final Duration NEXT_LOOK_IN_CHUNKS = Duration.ofMillis(40);

	private final LongSupplier nanoTime;

	private final ChunkDelay chunkDelay;

	private long announced;

	private long seen;

	private long quickJobs;

	private long ranInChunks;

	private long nextLook;

	private long announcedBeforeLookFromStart;

	/**
	 * Creates a count of zero.
	 * @param nanoTime the clock, in nanoseconds
	 */
	AnnouncedJobs(LongSupplier nanoTime) {
		this.nanoTime = nanoTime;
		this.chunkDelay = new ChunkDelay(nanoTime);
		this.nextLook = nanoTime.getAsLong();
	}

	void announce(int jobs) {
		this.announced += jobs;
	}

	/**
	 * Returns the number of jobs that were announced so far.
	 */
	long announced() {
		return this.announced;
	}

	/**
	 * Returns for how many of the announced jobs a worker has made sure that they are
	 * run.
	 */
	long seen() {
		return this.seen;
	}

	boolean hasUnseen() {
		return this.announced > this.seen;
	}

	/**
	 * Returns whether jobs were announced since the last look from the start of the queue
	 * began. A drain that goes on from its last position may never come across these.
	 */
	boolean mayBeMissed() {
		return this.announced > this.announcedBeforeLookFromStart;
	}

	/**
	 * Notes that a look from the start of the queue has ended.
	 * @param announcedBefore number of jobs that were announced before the look
	 * @param ran number of jobs that it ran beside a drain; zero for a look of a drain
	 */
	void lookFromStartEnded(long announcedBefore, long ran) {
		this.announcedBeforeLookFromStart = Math.max(this.announcedBeforeLookFromStart, announcedBefore);
		this.seen = Math.max(this.seen, Math.min(this.seen + ran, announcedBefore));
	}

	/**
	 * Returns the number of jobs of the last drain if all of them were quick and none
	 * failed, otherwise 0.
	 */
	long quickJobs() {
		return this.quickJobs;
	}

	/**
	 * Returns the time until a worker probably looks at the queue, in nanoseconds. It is
	 * not positive if a worker should have looked by now.
	 */
	long untilNextLook() {
		return this.nextLook - this.nanoTime.getAsLong();
	}

	/**
	 * Returns how long to wait so that more jobs are found at once, in nanoseconds. It is
	 * not positive if there is no need to wait.
	 */
	long untilEndOfChunkDelay() {
		return this.chunkDelay.left();
	}

	/**
	 * Returns whether the workers run jobs as fast as they are announced. It allows for
	 * the jobs that were announced during the last look and those since.
	 */
	boolean keepsUp() {
		return untilNextLook() > 0 && this.announced - this.seen <= 2 * this.ranInChunks;
	}

	/**
	 * Notes that a worker is started, which looks at the queue.
	 */
	void workerStarts() {
		lookBegins(this.quickJobs > 1);
	}

	/**
	 * Notes that a look begins.
	 * @param inChunks whether it runs jobs in chunks
	 */
	void lookBegins(boolean inChunks) {
		this.nextLook = this.nanoTime.getAsLong() + (inChunks ? NEXT_LOOK_IN_CHUNKS : NEXT_LOOK).toNanos();
	}

	/**
	 * Notes the end of a look, of a drain that goes on. The jobs that it ran are the
	 * oldest ones.
	 * @param announcedBefore number of jobs that were announced before the look
	 * @param ran number of jobs that the look ran
	 * @param inChunks whether it ran them in chunks
	 */
	void lookEnded(long announcedBefore, long ran, boolean inChunks) {
		this.seen = Math.max(this.seen, Math.min(this.seen + ran, announcedBefore));
		this.ranInChunks = inChunks ? ran : 0;
	}

	/**
	 * Notes the end of a drain.
	 * @param announcedBefore number of jobs that were announced before its last look
	 * @param quickJobs number of its jobs if all of them were quick and none failed,
	 * otherwise 0
	 */
	void drainEnded(long announcedBefore, long quickJobs) {
		this.seen = Math.max(this.seen, announcedBefore);
		this.announcedBeforeLookFromStart = Math.max(this.announcedBeforeLookFromStart, announcedBefore);
		this.quickJobs = quickJobs;
		this.chunkDelay.begin(quickJobs);
	}

}
