package io.github.pgdispatch.observability;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

import io.github.pgdispatch.JobKind;
import io.github.pgdispatch.driver.DriverListener;
import io.github.pgdispatch.driver.EndedAttempt;
import io.github.pgdispatch.driver.SqlChunk;
import io.github.pgdispatch.event.DriverBackEvent;
import io.github.pgdispatch.event.DriverLostEvent;
import org.jspecify.annotations.Nullable;

/**
 * Remembers when the drivers of this node last ran a job, and since when they have been
 * without their database. Thread-safe.
 */
public final class DriverActivity implements DriverListener {

	private final LongSupplier nanoTime;

	private final long createdAt;

	private final Map<JobKind, Long> activeAt = new ConcurrentHashMap<>();

	private final Map<JobKind, Loss> losses = new ConcurrentHashMap<>();

	/**
	 * Creates an instance.
	 */
	public DriverActivity() {
		this(System::nanoTime);
	}

	DriverActivity(LongSupplier nanoTime) {
		this.nanoTime = nanoTime;
		this.createdAt = nanoTime.getAsLong();
	}

	@Override
	public void attemptEnded(EndedAttempt attempt) {
		this.activeAt.put(JobKind.HANDLER, this.nanoTime.getAsLong());
	}

	@Override
	public void chunkEnded(SqlChunk chunk) {
		this.activeAt.put(JobKind.SQL, this.nanoTime.getAsLong());
	}

	@Override
	public void driverLost(DriverLostEvent event) {
		this.losses.put(event.jobs(), new Loss(this.nanoTime.getAsLong(), event.reason()));
	}

	@Override
	public void driverBack(DriverBackEvent event) {
		this.losses.remove(event.jobs());
	}

	/**
	 * Returns the time since a driver last ran a job, or since the start.
	 */
	Duration idle(JobKind jobs) {
		return Duration.ofNanos(this.nanoTime.getAsLong() - this.activeAt.getOrDefault(jobs, this.createdAt));
	}

	/**
	 * Returns the time for which a driver has been without its database; {@code null} if
	 * it has it.
	 */
	@Nullable Duration lostFor(JobKind jobs) {
		Loss loss = this.losses.get(jobs);
		return (loss != null) ? Duration.ofNanos(this.nanoTime.getAsLong() - loss.at()) : null;
	}

	/**
	 * Returns why a driver has lost its database; an empty text if it has it.
	 */
	String reason(JobKind jobs) {
		Loss loss = this.losses.get(jobs);
		return (loss != null) ? loss.reason() : "";
	}

	private record Loss(long at, String reason) {

	}

}
