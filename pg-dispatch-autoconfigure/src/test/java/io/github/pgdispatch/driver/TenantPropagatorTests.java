package io.github.pgdispatch.driver;

import java.util.concurrent.atomic.AtomicReference;

import io.github.pgdispatch.DispatchContext;
import io.github.pgdispatch.DispatchPropagator;
import io.github.pgdispatch.TenantContext;
import io.github.pgdispatch.testing.TestDispatchContext;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Tests for {@link TenantPropagator}.
 */
class TenantPropagatorTests {

	private final DispatchContext job = new TestDispatchContext();

	private final AtomicReference<@Nullable Object> tenant = new AtomicReference<>("before");

	@Test
	void setsTheTenantUntilTheScopeIsClosed() {
		TenantPropagator propagator = new TenantPropagator(new Tenant(null, "acme"), context("acme"));
		try (DispatchPropagator.Scope scope = propagator.extract(this.job)) {
			assertThat(this.tenant).hasValue("acme");
		}
		assertThat(this.tenant).hasValue("before");
	}

	@Test
	void setsTheTenantOfTheDefaultTargetToNull() {
		TenantPropagator propagator = new TenantPropagator(new Tenant(null, null), context(null));
		try (DispatchPropagator.Scope scope = propagator.extract(this.job)) {
			assertThat(this.tenant).hasNullValue();
		}
	}

	@Test
	void jobDoesNotRunIfAnotherTenantIsTheCurrentOne() {
		TenantPropagator propagator = new TenantPropagator(new Tenant(null, "acme"), context("another"));
		assertThatIllegalStateException().isThrownBy(() -> propagator.extract(this.job))
			.withMessageContaining("opened for the tenant acme, and its current tenant is another");
		assertThat(this.tenant).hasValue("before");
	}

	/**
	 * Returns a context that sets one tenant, whichever it is asked for.
	 */
	private TenantContext context(@Nullable Object set) {
		return new TenantContext() {

			@Override
			public @Nullable Object current() {
				return TenantPropagatorTests.this.tenant.get();
			}

			@Override
			public DispatchPropagator.Scope open(@Nullable Object tenant) {
				TenantPropagatorTests.this.tenant.set(set);
				return () -> TenantPropagatorTests.this.tenant.set("before");
			}

		};
	}

}
