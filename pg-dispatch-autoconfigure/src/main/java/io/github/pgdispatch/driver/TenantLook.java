package io.github.pgdispatch.driver;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

/**
 * What a look at the queue of a tenant has found.
 *
 * @param sqlDue whether SQL is due
 * @param methodsDue whether methods are due
 * @param nextDueIn the time until the next job falls due; {@code null} if there is none
 */
public record TenantLook(boolean sqlDue, boolean methodsDue, @Nullable Duration nextDueIn) {

	static final TenantLook NO_JOBS = new TenantLook(false, false, null);

	/**
	 * Returns whether anything is due.
	 * @return whether this node could run a job
	 */
	public boolean isDue() {
		return this.sqlDue || this.methodsDue;
	}

	static @Nullable Duration earlier(@Nullable Duration one, @Nullable Duration other) {
		return (one == null || (other != null && other.compareTo(one) < 0)) ? other : one;
	}

}
