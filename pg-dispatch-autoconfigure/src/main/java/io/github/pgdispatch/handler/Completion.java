package io.github.pgdispatch.handler;

import javax.sql.DataSource;

import io.github.pgdispatch.TransactionResource;
import org.jspecify.annotations.Nullable;

/**
 * Completes a job in the current transaction, if that is one of the database that has the
 * job.
 *
 * @param dataSource the database that has the job
 * @param deletion deletes the job
 */
public record Completion(DataSource dataSource, Deletion deletion) {

	/**
	 * Returns whether the job can be completed in the transactions of a
	 * {@code DataSource}.
	 */
	boolean isIn(DataSource other) {
		return TransactionResource.of(this.dataSource) == TransactionResource.of(other);
	}

	/**
	 * Deletes a job in the current transaction.
	 */
	@FunctionalInterface
	public interface Deletion {

		/**
		 * Deletes the job.
		 * @param result the result of the job as JSON, or {@code null} if it is not kept
		 * @param commit whether to commit the transaction in the same message. This is
		 * only possible if nothing else has to be done before the commit
		 * @return whether the job was deleted. Otherwise, another node has taken over the
		 * job, and the transaction must not be committed
		 */
		boolean delete(@Nullable String result, boolean commit);

	}

}
