package io.github.pgdispatch.samples.features;

import java.util.Map;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.DispatchContext;
import io.github.pgdispatch.DispatchPropagator;

import org.springframework.stereotype.Component;

/**
 * Carries the current tenant to the job in its headers, and restores it around the
 * method.
 */
@Component
class TenantExample implements DispatchPropagator {

	private final CurrentTenant tenant;

	TenantExample(CurrentTenant tenant) {
		this.tenant = tenant;
	}

	@Override
	public void inject(Map<String, String> headers) {
		if (this.tenant.get() != null) {
			headers.put("tenant", this.tenant.get());
		}
	}

	@Override
	public Scope extract(DispatchContext context) {
		this.tenant.set(context.headers().get("tenant"));
		return () -> this.tenant.set(null);
	}

	@Component
	static class CurrentTenant {

		private final ThreadLocal<String> name = new ThreadLocal<>();

		String get() {
			return this.name.get();
		}

		void set(String name) {
			this.name.set(name);
		}

	}

	@Component
	static class SideEffects {

		private final CurrentTenant tenant;

		private final Mailer mailer;

		SideEffects(CurrentTenant tenant, Mailer mailer) {
			this.tenant = tenant;
			this.mailer = mailer;
		}

		@AfterCommitDispatch
		void send(String recipient) {
			this.mailer.send(recipient, "News of " + this.tenant.get());
		}

	}

}
