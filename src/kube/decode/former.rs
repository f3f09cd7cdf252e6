//! Fields of earlier versions of an API that a later one writes otherwise.

/// Type, field of an earlier version, and what takes its place. Kubernetes' deprecation guide and the conversions of
/// `k8s.io/kubernetes/pkg/apis` name them.
const FORMER: [(&str, &str, &str); 9] = [
    ("HorizontalPodAutoscalerSpec", "targetCPUUtilizationPercentage", "an entry of `metrics`"),
    ("IngressBackend", "serviceName", "`service: {name: …}`"),
    ("IngressBackend", "servicePort", "`service: {port: {number: …}}`, or `{port: {name: …}}`"),
    ("IngressSpec", "backend", "`defaultBackend`"),
    ("ResourceMetricSource", "targetAverageUtilization", "`target: {type: Utilization, averageUtilization: …}`"),
    ("ResourceMetricSource", "targetAverageValue", "`target: {type: AverageValue, averageValue: …}`"),
    ("PodsMetricSource", "targetAverageValue", "`target: {type: AverageValue, averageValue: …}`"),
    ("PodsMetricSource", "metricName", "`metric: {name: …}`"),
    ("ExternalMetricSource", "metricName", "`metric: {name: …}`"),
];

/// What to write for a field that the type had in an earlier version.
#[must_use]
pub fn former_field(type_name: &str, field: &str) -> Option<&'static str> {
    FORMER.iter().find(|former| (former.0, former.1) == (type_name, field)).map(|former| former.2)
}

#[cfg(test)]
mod tests {
    use super::super::table::TYPES;
    use super::*;

    #[test]
    fn types_have_lost_their_former_fields() {
        for (name, field, _) in FORMER {
            let types: Vec<_> = TYPES.iter().filter(|listed| listed.name == name).collect();
            assert!(types.iter().any(|listed| listed.holds(field).is_none()), "{name} {field}");
        }
    }
}
