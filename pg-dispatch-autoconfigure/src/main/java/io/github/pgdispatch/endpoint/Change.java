package io.github.pgdispatch.endpoint;

import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.LongPredicate;
import java.util.function.LongSupplier;

/**
 * A change that is ready to be counted or made.
 *
 * @param count counts what the change would apply to, and changes nothing
 * @param make makes the change, and returns the number of what it has changed
 */
record Change(LongSupplier count, LongSupplier make) {

	/**
	 * Creates a change of one thing.
	 * @param make makes the change
	 * @return the change
	 */
	static Change ofOne(Runnable make) {
		return new Change(() -> 1, () -> {
			make.run();
			return 1;
		});
	}

	/**
	 * Creates a change of all that have one of some ids.
	 * @param what the things that have the ids, for a message
	 * @param ids the ids
	 * @param applies whether the change applies to an id
	 * @param make makes the change, and returns whether something has changed
	 * @return the change, which fails if it applies to none of the ids
	 */
	static Change ofIds(String what, List<Long> ids, LongPredicate applies, LongPredicate make) {
		LongSupplier count = () -> required(ids.stream().filter(applies::test).count(), what);
		return new Change(count, () -> {
			count.getAsLong();
			return ids.stream().filter(make::test).count();
		});
	}

	/**
	 * Checks that a change of ids applies to something.
	 * @param count the number of what it applies to
	 * @param what the things that have the ids, for a message
	 * @return the number
	 */
	static long required(long count, String what) {
		if (count == 0) {
			throw new NoSuchElementException("There is no " + what + " with one of these ids. It may just have ended");
		}
		return count;
	}

}
