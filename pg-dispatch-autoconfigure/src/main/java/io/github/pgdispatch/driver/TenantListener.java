package io.github.pgdispatch.driver;

import java.util.function.Supplier;

import io.github.pgdispatch.PgDispatchStatus;

/**
 * Is told how the visits of tenants end. Thread-safe.
 */
public interface TenantListener {

	/**
	 * Called at the end of a visit, on its thread and while its connections are open.
	 * @param tenant that was visited
	 * @param look what is left at the end
	 * @param worked whether any job was run
	 * @param status counts the queue of the tenant, with a query
	 */
	void visited(Tenant tenant, TenantLook look, boolean worked, Supplier<PgDispatchStatus> status);

	/**
	 * Called when a tenant could not be visited, on the thread of the visit.
	 * @param tenant whose jobs wait
	 * @param cause of the failure
	 */
	void failed(Tenant tenant, Throwable cause);

	/**
	 * Called when a tenant is no longer there. Must not wait.
	 * @param tenant that was removed, or has another database
	 */
	void left(Tenant tenant);

	/**
	 * Returns a listener that does nothing.
	 */
	static TenantListener none() {
		return new TenantListener() {

			@Override
			public void visited(Tenant tenant, TenantLook look, boolean worked, Supplier<PgDispatchStatus> status) {
			}

			@Override
			public void failed(Tenant tenant, Throwable cause) {
			}

			@Override
			public void left(Tenant tenant) {
			}

		};
	}

}
